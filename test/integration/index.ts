// Entry point for VS Code's extension test runner: the same file serves @vscode/test-electron and the browser workbench.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

// VS Code forwards console.log(fmt, ...args) unformatted: give it finished lines, marked so that a runner can pick them out.
Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
  for (const line of format(...args).split('\n')) console.log(`[mocha] ${line}`);
};

export interface IntegrationReport {
  passed: number;
  failed: number;
  skipped: number;
  failures: { title: string; error: string }[];
}

export async function run(): Promise<void> {
  const grep = process.env['MOCHA_GREP'];
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, color: false, ...(grep ? { grep } : {}) });
  const files = fs
    .readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.cjs'));
  for (const file of files.toSorted()) mocha.addFile(path.join(__dirname, file));
  const report: IntegrationReport = { passed: 0, failed: 0, skipped: 0, failures: [] };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', () => report.passed++);
    runner.on('pending', () => report.skipped++);
    runner.on('fail', (test, error: unknown) => {
      report.failed++;
      report.failures.push({
        title: test.fullTitle(),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    });
  });
  const file = process.env['TEST_REPORT_FILE'];
  if (file) fs.writeFileSync(file, JSON.stringify(report, null, 1));
  if (report.failed > 0) throw new Error(`${report.failed} test(s) failed`);
}
