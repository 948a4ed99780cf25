// `npm run azure`: the local Azure by hand, or for another program (--json --exit-with-stdin; see process.ts).
import { parseArgs } from 'node:util';
import { administrator, startLocalAzure, type LocalAzure } from './start.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '14330' },
    database: { type: 'string', multiple: true, default: [] },
    sample: { type: 'boolean', default: false },
    'entra-only': { type: 'boolean', default: false },
    'sql-login-impersonates': { type: 'boolean', default: false },
    'closed-firewall': { type: 'boolean', default: false },
    'token-lifetime': { type: 'string', default: '3900' },
    'pre-encode': { type: 'boolean', default: false },
    upstream: { type: 'string' },
    json: { type: 'boolean', default: false },
    'exit-with-stdin': { type: 'boolean', default: false },
  },
});

const azure = await startLocalAzure({
  port: Number(values.port),
  sample: values.sample || (!values.json && values.upstream === undefined),
  databases: values.database,
  entraOnly: values['entra-only'],
  sqlLoginImpersonates: values['sql-login-impersonates'],
  closedFirewall: values['closed-firewall'],
  preEncode: values['pre-encode'],
  ...(values.upstream === undefined ? {} : { upstream: values.upstream }),
  tokenLifetime: Number(values['token-lifetime']),
  log: (line) => {
    console.error(line);
  },
});

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  azure.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
process.once('SIGINT', end);
process.once('SIGTERM', end);
process.once('SIGHUP', end);
if (values['exit-with-stdin']) {
  process.stdin.once('close', end);
  process.stdin.resume();
}

if (values.json) {
  const { stop: _stop, ...addresses } = azure;
  console.log(JSON.stringify(addresses));
} else {
  console.log(forPeople(azure));
}

function forPeople({
  tds,
  issuer,
  msi,
  control,
  caFile,
  sqlLogin,
  databases,
  audience,
  tenant,
}: LocalAzure): string {
  const lines = [
    'The local Azure is up; Ctrl+C ends it and forgets everything.',
    '',
    `  SQL server      ${tds.host},${tds.port}   databases ${databases.join(', ')}`,
    `  Entra           ${issuer}   tenant ${tenant.domain} (${tenant.id})`,
    `  audience        ${audience}`,
    `  CA certificate  ${caFile}`,
    `  Entra admin     ${administrator}`,
    `  identity        IDENTITY_ENDPOINT=${msi.url} IDENTITY_HEADER=${msi.headers['app-orders'] ?? ''} (app-orders)`,
    `  control         ${control.url} (Authorization: Bearer ${control.key})`,
    '',
    'Try:',
    `  curl -s -H 'Authorization: Bearer ${control.key}' ${control.url}/token -d '{"principal":"${administrator}"}'`,
  ];
  if (sqlLogin !== undefined) {
    lines.push(
      `  printf '[azure]\\nhost = localhost\\nport = ${tds.port}\\ntds version = 7.4\\nencryption = require\\nca file = ${caFile}\\n' > /tmp/freetds.conf`,
      `  FREETDSCONF=/tmp/freetds.conf tsql -S azure -D appdb -U ${sqlLogin.user} -P ${sqlLogin.password}`,
    );
  }
  return lines.join('\n');
}
