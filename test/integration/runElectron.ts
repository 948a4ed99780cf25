// The same integration suite in desktop VS Code, for machines that can download it (npm run test:electron).
import * as path from 'node:path';
import { runTests } from '@vscode/test-electron';
import * as esbuild from 'esbuild';
import { testBundle } from '../../scripts/build.ts';
import { spawnLocalAzure } from '../azure/process.ts';
import {
  localAzureEnvironment,
  localAzureSettings,
  microsoftAccountFixture,
} from '../workbench/localAzure.ts';
import * as fs from 'node:fs';
import * as os from 'node:os';

const root = path.resolve(import.meta.dirname, '../..');
await esbuild.build(testBundle());
const azure = await spawnLocalAzure({ sample: true });
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'electron-'));
fs.mkdirSync(path.join(profile, 'User'), { recursive: true });
fs.writeFileSync(path.join(profile, 'User', 'settings.json'), JSON.stringify(localAzureSettings(azure)));
const workspace = path.join(profile, 'workspace');
fs.mkdirSync(workspace);
try {
  await runTests({
    version: process.env['VSCODE_VERSION'] ?? 'stable',
    extensionDevelopmentPath: [root, microsoftAccountFixture],
    extensionTestsPath: path.join(root, 'dist/test/integration/index.cjs'),
    extensionTestsEnv: {
      ...localAzureEnvironment(azure),
      MICROSOFT_ACCOUNTS: 'ada@contoso.example',
      MOCHA_GREP: process.env['MOCHA_GREP'],
    },
    launchArgs: [
      workspace,
      '--user-data-dir',
      profile,
      '--disable-extension',
      'vscode.microsoft-authentication',
      '--disable-workspace-trust',
    ],
  });
} finally {
  await azure.stop();
}
