// Where a server is, as people type it and as connections are named after it: host names, ports, and whether two of them are the same.
import { cloudOfHost, type Cloud } from './cloud.ts';
import { isHostName } from './settings.ts';

export interface ServerAddress {
  /** Host name or IPv4 address. */
  server: string;
  port: number;
}

/**
 * "name", "tcp:name,1433" as SSMS writes it, or "name:1433". A name without dots is a server of the public cloud, unless it belongs to
 * one of `clouds` as it is.
 * @returns undefined for what the settings would not take either
 */
export function readServerAddress(text: string, clouds: readonly Cloud[]): ServerAddress | undefined {
  const found = /^(?:tcp:)?([^,:]+)(?:[,:]\s*(\d{1,5}))?$/i.exec(text.trim());
  const name = found?.[1]?.trim();
  if (name === undefined || !isHostName(name)) return undefined;
  const port = found?.[2] === undefined ? 1433 : Number(found[2]);
  if (port < 1 || port > 65_535) return undefined;
  const bare = !name.includes('.') && !cloudOfHost(name, clouds);
  const server = bare ? `${name}.database.windows.net` : name;
  return isHostName(server) ? { server, port } : undefined;
}

/** The name of a connection that nobody gave one: its database, and the first label of its server; of an address all of it. */
export function defaultName({ server, database }: { server: string; database: string }): string {
  const isAddress = /^[\d.]+$/.test(server);
  return `${database} on ${isAddress ? server : (server.split('.')[0] ?? server)}`;
}
