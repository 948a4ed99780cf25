// Bundles the extension: a small entry that activates, the data side and Entra credentials that load on first use, and the webview pages.
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as esbuild from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const host: esbuild.BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode'],
  minify: true,
  metafile: true,
  logLevel: 'warning',
};

/** A dynamic import of a module that has a bundle of its own becomes a require of that bundle. */
const lazyBundles: esbuild.Plugin = {
  name: 'lazy-bundles',
  setup(build) {
    const lazy = (file: string) => ({ path: file, external: true });
    build.onResolve({ filter: /\/data\/main\.ts$/ }, (args) =>
      args.kind === 'dynamic-import' ? lazy('./data.cjs') : undefined,
    );
    build.onResolve({ filter: /\/ui\/commandTables\.ts$/ }, (args) =>
      args.kind === 'dynamic-import' ? lazy('./commands.cjs') : undefined,
    );
    build.onResolve({ filter: /^@azure\/identity$/ }, (args) => {
      if (args.kind === 'dynamic-import') return lazy('./identity.cjs');
      // tedious requires identity and key vault at its top for authentication types and Always Encrypted, none of which is used.
      return args.importer.includes(`${path.sep}tedious${path.sep}`)
        ? { path: 'identity', namespace: 'left-out' }
        : undefined;
    });
    build.onResolve({ filter: /^@azure\/keyvault-keys$/ }, () => ({
      path: 'keyvault-keys',
      namespace: 'left-out',
    }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, (args) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) { if (name === '__esModule') return true;
        return class { constructor() { throw new Error('@azure/${args.path} is not part of this bundle: ' + String(name)); } }; } });`,
      loader: 'js',
    }));
  },
};

function pages(): string[] {
  const media = path.join(root, 'media');
  return fs.readdirSync(media).filter((name) => fs.existsSync(path.join(media, name, 'main.ts')));
}

export function bundles(): esbuild.BuildOptions[] {
  const list: esbuild.BuildOptions[] = [
    { ...host, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.cjs', plugins: [lazyBundles] },
    {
      ...host,
      entryPoints: ['src/ui/commandTables.ts'],
      outfile: 'dist/commands.cjs',
      plugins: [lazyBundles],
    },
    { ...host, entryPoints: ['src/data/main.ts'], outfile: 'dist/data.cjs', plugins: [lazyBundles] },
    { ...host, entryPoints: ['@azure/identity'], outfile: 'dist/identity.cjs' },
  ];
  for (const page of pages()) {
    list.push({
      absWorkingDir: root,
      bundle: true,
      platform: 'browser',
      format: 'iife',
      target: 'chrome130',
      minify: true,
      metafile: true,
      logLevel: 'warning',
      entryPoints: { [page]: `media/${page}/main.ts` },
      outdir: 'dist/media',
    });
    const style = path.join(root, 'media', page, 'style.css');
    if (fs.existsSync(style)) {
      list.push({
        absWorkingDir: root,
        entryPoints: { [page]: style },
        outdir: 'dist/media',
        minify: true,
        logLevel: 'warning',
      });
    }
  }
  return list;
}

/** The integration tests as the extension host loads them. */
export function testBundle(): esbuild.BuildOptions {
  return {
    ...host,
    minify: false,
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    entryPoints: [
      'test/integration/index.ts',
      ...fs.globSync('test/integration/**/*.test.ts', { cwd: root }),
    ],
    outdir: 'dist/test/integration',
    outbase: 'test/integration',
    outExtension: { '.js': '.cjs' },
  };
}

/** Builds everything once; returns the metafile of each bundle by its outfile. */
export async function build(): Promise<Map<string, esbuild.Metafile>> {
  const results = new Map<string, esbuild.Metafile>();
  for (const options of bundles()) {
    const result = await esbuild.build(options);
    if (result.metafile)
      for (const file of Object.keys(result.metafile.outputs)) results.set(file, result.metafile);
  }
  return results;
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--watch')) {
    for (const options of bundles())
      await (await esbuild.context({ ...options, sourcemap: true, minify: false })).watch();
    console.log('watching …');
  } else {
    await build();
  }
}
