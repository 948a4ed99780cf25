// The local Azure's own certificate authority: clients trust its certificate (NODE_EXTRA_CA_CERTS, a CA file) and verify everything.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { join } from 'node:path';
import { bits, element, integer, octets, oid, sequence, set, utcTime, utf8, yes } from './der.ts';

const day = 24 * 60 * 60 * 1000;

/** A certificate and its private key, both PEM; `cert` carries the CA's certificate behind its own. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

/** What a server certificate is made out to. */
export interface CertificateSubject {
  commonName: string;
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  /** Defaults: yesterday (a client's clock may lag) and in 90 days. */
  notBefore?: Date;
  notAfter?: Date;
}

/** All names under which a local Azure may be reached; the wildcards are for "myserver.database.localhost". */
export const localSubject: CertificateSubject = {
  commonName: 'localhost',
  dnsNames: ['localhost', '*.localhost', '*.database.localhost'],
  ipAddresses: ['127.0.0.1', '::1'],
};

/** One CA, made anew for a run; its private key never leaves the process. */
export class CertificateAuthority {
  /** The CA's certificate, PEM. */
  readonly pem: string;
  readonly #name: string;
  readonly #privateKey: KeyObject;
  readonly #keyId: Uint8Array;

  constructor(commonName = 'Local Azure for development') {
    const { privateKey, publicKey } = newKeys();
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    this.#name = commonName;
    this.#privateKey = privateKey;
    this.#keyId = keyIdentifier(spki);
    this.pem = this.#sign({ commonName, dnsNames: [], ipAddresses: [] }, spki, [
      extension('2.5.29.19', true, sequence(yes, integer(Uint8Array.of(0)))),
      // keyCertSign and cRLSign: bits 5 and 6.
      extension('2.5.29.15', true, bits(Uint8Array.of(0b0000_0110), 1)),
      extension('2.5.29.14', false, octets(this.#keyId)),
    ]);
  }

  /** Writes the CA's certificate to `ca.pem` in `folder` and answers with that path. */
  async writeTo(folder: string): Promise<string> {
    const file = join(folder, 'ca.pem');
    await writeFile(file, this.pem);
    return file;
  }

  /** A server certificate signed by this CA; tests ask for one of another name to see that clients refuse it. */
  issue(subject: CertificateSubject = localSubject): ServerCertificate {
    const { privateKey, publicKey } = newKeys();
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const names = [
      ...subject.dnsNames.map((name) => element(0x82, Buffer.from(name, 'latin1'))),
      ...subject.ipAddresses.map((address) => element(0x87, addressBytes(address))),
    ];
    const cert = this.#sign(subject, spki, [
      extension('2.5.29.19', true, sequence()),
      // digitalSignature: bit 0.
      extension('2.5.29.15', true, bits(Uint8Array.of(0b1000_0000), 7)),
      // Extended key usage: serverAuth.
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(...names)),
      extension('2.5.29.14', false, octets(keyIdentifier(spki))),
      extension('2.5.29.35', false, sequence(element(0x80, this.#keyId))),
    ]);
    return { key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), cert: cert + this.pem };
  }

  /** RFC 5280 section 4.1, signed with ecdsa-with-SHA256. */
  #sign(subject: CertificateSubject, spki: Uint8Array, extensions: Uint8Array[]): string {
    const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
    const serial = randomBytes(16);
    serial[0] = (serial[0] ?? 0) & 0x7f;
    const toBeSigned = sequence(
      element(0xa0, integer(Uint8Array.of(2))),
      integer(serial),
      algorithm,
      distinguishedName(this.#name),
      sequence(
        utcTime(subject.notBefore ?? new Date(Date.now() - day)),
        utcTime(subject.notAfter ?? new Date(Date.now() + 90 * day)),
      ),
      distinguishedName(subject.commonName),
      spki,
      element(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', toBeSigned, this.#privateKey);
    const der = Buffer.from(sequence(toBeSigned, algorithm, bits(signature)));
    const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  }
}

// ECDSA P-256: every driver of the drivers tier verifies it, and a key is made in a millisecond where RSA needs a hundred.
function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function distinguishedName(commonName: string): Uint8Array {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

function keyIdentifier(spki: Uint8Array): Uint8Array {
  return createHash('sha1').update(spki).digest();
}

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (!isIPv6(address)) throw new Error(`Not an IP address: ${address}`);
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}
