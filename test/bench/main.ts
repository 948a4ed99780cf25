// npm run bench [-- activation connect pool stream]: what is measured, against a named peer in the same run. Nothing here is a test.
import { spawnLocalAzure } from '../azure/process.ts';
import { benchActivation } from './activation.ts';
import { benchConnect } from './connect.ts';
import { benchPool } from './pool.ts';
import { benchStream } from './stream.ts';
import type { Target } from './target.ts';

const asked = process.argv.slice(2);
const wants = (name: string): boolean => asked.length === 0 || asked.includes(name);
const all = ['connect', 'pool', 'stream', 'activation'];
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0)
  throw new Error(`No such benchmark: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);

if (wants('connect') || wants('pool') || wants('stream')) {
  const azure = await spawnLocalAzure({ sample: true, preEncode: true });
  try {
    const { accessToken } = await azure.client.token({ principal: 'ada@contoso.example' });
    const target: Target = {
      port: azure.tds.port,
      caFile: azure.caFile,
      authority: azure.issuer,
      audience: azure.audience,
      token: accessToken,
      database: 'appdb',
    };
    if (wants('connect')) await benchConnect(target);
    if (wants('pool')) await benchPool(target);
    if (wants('stream')) {
      if (!azure.sqlLogin) throw new Error('the local Azure has no SQL login for the drain');
      await benchStream(target, azure.sqlLogin);
    }
  } finally {
    await azure.stop();
  }
}
if (wants('activation')) await benchActivation();
process.exit(0);
