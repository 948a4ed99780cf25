// The clients that log in with an access token: go-mssqldb, mssql-jdbc and mssql-python, each as a small program beside this file.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, sourcePath } from './cache.ts';
import { readReport, tokenChecks, type Client, type Report, type Target } from './client.ts';
import { runProgram, type Finished, type ProgramOptions } from './program.ts';

/** The CAs of the machine, among which the local Azure's is not. */
const systemCa = '/etc/ssl/certs/ca-certificates.crt';

function environment(target: Target): Record<string, string> {
  return {
    SQL_HOST: target.host,
    SQL_PORT: String(target.port),
    SQL_DATABASE: target.database,
    SQL_CA: target.caFile,
    SQL_SYSTEM_CA: systemCa,
    SQL_TOKEN: target.token,
    SQL_READER_TOKEN: target.readerToken,
    SQL_BAD_TOKEN: target.badToken,
  };
}

/** What went wrong in the words of the program, its last line or two. */
function reasonOf(what: string, result: Finished): string {
  const words = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-2).join(' ').slice(-300);
  return result.code === null ? `${what} did not end in time` : `${what}: ${words}`;
}

async function report(command: string, args: string[], options: ProgramOptions): Promise<Report> {
  const result = await runProgram(command, args, { timeout: 180_000, ...options });
  if (!result) return { passed: [], failed: [{ check: 'start', reason: `${command} is gone` }] };
  const checks = readReport(result.stdout);
  if (result.code !== 0 && checks.failed.length === 0)
    checks.failed.push({ check: 'end', reason: reasonOf(command, result) });
  return checks;
}

export const goClient: Client = {
  name: 'go-mssqldb',
  checks: tokenChecks,
  async prepare() {
    const build = await runProgram('go', ['build', '-o', join(cacheFolder('go'), 'client'), '.'], {
      cwd: sourcePath('go'),
      // Without cgo no C compiler is needed.
      env: { GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' },
      timeout: 300_000,
    });
    if (!build) return 'Go is not installed';
    return build.code === 0 ? undefined : reasonOf('go build', build);
  },
  run: (target) => report(join(cacheFolder('go'), 'client'), [], { env: environment(target) }),
};

export const javaClient: Client = {
  name: 'mssql-jdbc',
  checks: tokenChecks,
  async prepare() {
    if (!(await runProgram('java', ['-version']))) return 'Java is not installed';
    const pom = sourcePath('java', 'pom.xml');
    const library = cacheFolder(`java-${digest(pom)}`);
    if (readdirSync(library).some((file) => file.endsWith('.jar'))) return undefined;
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
    const copy = await runProgram('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${library}`], {
      timeout: 300_000,
    });
    if (!copy) return 'Maven is not installed';
    return copy.code === 0 ? undefined : reasonOf('mvn', copy);
  },
  async run(target) {
    const store = join(target.folder, 'trust.p12');
    const password = randomBytes(12).toString('hex');
    const format = ['-storetype', 'PKCS12', '-keystore', store, '-storepass', password];
    const args = ['-importcert', '-noprompt', '-alias', 'azure', '-file', target.caFile, ...format];
    const made = await runProgram('keytool', args);
    if (made?.code !== 0) {
      return {
        passed: [],
        failed: [{ check: 'trust store', reason: made ? reasonOf('keytool', made) : 'no keytool' }],
      };
    }
    const library = cacheFolder(`java-${digest(sourcePath('java', 'pom.xml'))}`);
    const options = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', '-cp', join(library, '*')];
    return report('java', [...options, sourcePath('java', 'Client.java')], {
      env: {
        ...environment(target),
        SQL_TRUST_STORE: store,
        SQL_TRUST_STORE_PASSWORD: password,
        // The source is compiled as it starts, in the encoding of the locale.
        JAVA_TOOL_OPTIONS: '-Dfile.encoding=UTF-8',
      },
    });
  },
};

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}

/** The first Python that the driver takes. */
async function findPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const version = await runProgram(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
    if (version?.code === 0) return name;
  }
  return undefined;
}

function venvPython(): string {
  return join(cacheFolder('python'), 'bin', 'python');
}

export const pythonClient: Client = {
  name: 'mssql-python',
  checks: tokenChecks,
  async prepare() {
    const requirements = sourcePath('python', 'requirements.txt');
    const mark = join(cacheFolder('python'), 'installed');
    if (!existsSync(mark) || readFileSync(mark, 'utf8') !== digest(requirements)) {
      const python = await findPython();
      if (python === undefined) return 'Python 3.10 or newer with venv is not installed';
      const made = await runProgram(python, ['-m', 'venv', '--clear', cacheFolder('python')]);
      if (made?.code !== 0) return made ? reasonOf('venv', made) : `${python} is gone`;
      const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
      const installed = await runProgram(venvPython(), args, { timeout: 300_000 });
      if (installed?.code !== 0) return installed ? reasonOf('pip', installed) : 'pip is gone';
      writeFileSync(mark, digest(requirements));
    }
    const loaded = await runProgram(venvPython(), ['-c', 'import mssql_python']);
    return loaded?.code === 0
      ? undefined
      : loaded
        ? reasonOf('import mssql_python', loaded)
        : 'the venv is broken';
  },
  run: (target) =>
    report(venvPython(), [sourcePath('python', 'client.py')], {
      // Its ODBC driver trusts what OpenSSL trusts.
      env: { ...environment(target), SSL_CERT_FILE: target.caFile, PYTHONUTF8: '1' },
    }),
};
