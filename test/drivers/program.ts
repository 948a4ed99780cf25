// Runs another program to its end and keeps what it said.
import { spawn } from 'node:child_process';

export interface ProgramOptions {
  /** Added to this process's environment. */
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Milliseconds; then it is killed and counts as failed. Default 120 000. */
  timeout?: number;
}

export interface Finished {
  /** null: killed. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Never rejects for what the program does; a program that does not exist resolves to undefined. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeout ?? 120_000,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
    child.once('close', (code) => {
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    });
    // The program may end without reading all of it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
