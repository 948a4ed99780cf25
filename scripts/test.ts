// Runs the test tiers one after another and ends with one line: N passed, N failed, N skipped.
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const reports = path.join(root, 'dist', 'reports');

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function refuseOldNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  throw new Error(
    `Node 24 is needed, this is ${process.version}. On Linux and Windows "npm ci" brings it for "npm run" and "npm test"; on macOS install Node 24.`,
  );
}

/** Runs a Node program of the project, passing its output through; resolves with its exit code and its last lines. */
function node(args: string[]): Promise<{ code: number; tail: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let tail = '';
    child.stdout.on('data', (data: Buffer) => {
      process.stdout.write(data);
      tail = (tail + data.toString()).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, tail }));
  });
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

async function vitest(project: string): Promise<Counts> {
  const file = path.join(reports, `${project}.json`);
  const bin = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const { code } = await node([bin, 'run', '--project', project, ...reporters]);
  if (!fs.existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(fs.readFileSync(file, 'utf8')) as VitestReport;
  return withExitCode(code, {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  });
}

/** A tier whose program ends with the line "N passed, N failed, N skipped". */
async function program(file: string): Promise<Counts> {
  const { code, tail } = await node([path.join(root, file)]);
  const line = [...tail.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
  if (!line) return { passed: 0, failed: 1, skipped: 0 };
  return withExitCode(code, {
    passed: Number(line[1]),
    failed: Number(line[2]),
    skipped: Number(line[3] ?? 0),
  });
}

/** A tier that failed without naming a failed test (a file that does not load, a crash) still failed; so did one that ran nothing. */
function withExitCode(code: number, counts: Counts): Counts {
  const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
  return counts.passed + failed + counts.skipped === 0 ? { ...counts, failed: 1 } : { ...counts, failed };
}

const tiers: Record<string, () => Promise<Counts>> = {
  unit: () => vitest('unit'),
  azure: () => vitest('azure'),
  drivers: () => program('test/drivers/run.ts'),
  integration: () => program('test/integration/run.ts'),
  e2e: () => vitest('e2e'),
};

refuseOldNode();
fs.rmSync(reports, { recursive: true, force: true });
fs.mkdirSync(reports, { recursive: true });
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in tiers));
if (unknown.length > 0)
  throw new Error(`No such tier: ${unknown.join(', ')}. There are: ${Object.keys(tiers).join(', ')}.`);
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const rows: string[] = [];
for (const [name, run] of Object.entries(tiers)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n== ${name}`);
  const started = Date.now();
  const counts = await run();
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const seconds = Math.round((Date.now() - started) / 1000);
  rows.push(
    `${name.padEnd(12)} ${counts.passed} ok, ${counts.failed} not ok, ${counts.skipped} left out (${seconds} s)`,
  );
}
console.log(`\n${rows.join('\n')}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
