// Ends the server and removes its temporary folder when this process dies without doing so itself, even by SIGKILL.
import { spawn } from 'node:child_process';

/** Its stdin is a pipe from us: the end of it is our end, however that came. SIGQUIT is PostgreSQL's immediate shutdown. */
const shell = `
read -r order
[ "$order" = released ] && exit 0
kill -QUIT "$1" 2>/dev/null
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
kill -KILL "$1" 2>/dev/null
[ -n "$2" ] && rm -rf -- "$2"
exit 0
`;

const script = `
let order = '';
process.stdin.on('data', (chunk) => (order += chunk)).on('end', () => {
  if (order.startsWith('released')) process.exit(0);
  const [pid, folder] = process.argv.slice(1);
  try { process.kill(Number(pid)); } catch {}
  setTimeout(() => { if (folder) require('fs').rmSync(folder, { recursive: true, force: true, maxRetries: 20 }); }, 500);
});
`;

/**
 * @param folder removed after the server is gone; undefined: kept.
 * @returns to be called when the server has ended in order; resolves when the watchdog is gone.
 */
export function watch(pid: number, folder: string | undefined): () => Promise<void> {
  const args = [String(pid), folder ?? ''];
  const child =
    process.platform === 'win32'
      ? spawn(process.execPath, ['-e', script, ...args], {
          detached: true,
          stdio: ['pipe', 'ignore', 'ignore'],
        })
      : spawn('/bin/sh', ['-c', shell, 'watchdog', ...args], {
          detached: true,
          cwd: '/',
          stdio: ['pipe', 'ignore', 'ignore'],
        });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  // The watchdog may be gone before the order reaches it.
  child.stdin.on('error', () => undefined);
  child.unref();
  return async () => {
    child.ref();
    child.stdin.end('released\n');
    await gone;
  };
}
