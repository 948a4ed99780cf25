// Session state as values: @@ROWCOUNT and its like, ERROR_MESSAGE(), GETDATE().
import type { SqlMessage, SqlValue } from '../../contract.ts';
import type { Interpreter } from './interpreter.ts';
import type { Frame } from './frame.ts';
import { optionsMask } from './sessionOptions.ts';

/** As Azure SQL Database says it. */
const version =
  'Microsoft SQL Azure (RTM) - 12.0.2000.8 \n\tOct  2 2026 10:24:05 \n\tCopyright (C) 2025 Microsoft Corporation\n';

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '');
}

/** datetime's steps: .000, .003, .007 */
function datetimeText(milliseconds: number): string {
  const ticks = Math.round(((milliseconds % 1000) * 3) / 10);
  return timeText(Math.floor(milliseconds / 1000) * 1000 + Math.round((ticks * 10) / 3));
}

function caught(interpreter: Interpreter, pick: (error: SqlMessage) => SqlValue): SqlValue {
  const error = interpreter.state.caught.at(-1);
  return error === undefined ? null : pick(error);
}

export function sessionValue(interpreter: Interpreter, frame: Frame, name: string): SqlValue {
  const { state } = interpreter;
  const { options, login } = state;
  const colon = name.indexOf(':');
  if (colon > 0) return keyedValue(interpreter, name.slice(0, colon), name.slice(colon + 1));
  switch (name) {
    case '@@ROWCOUNT':
      return state.rowCount;
    case '@@ERROR':
      return state.error;
    case '@@TRANCOUNT':
      return Math.max(state.transactions, state.triggerDepth > 0 ? 1 : 0);
    case 'XACT_STATE':
      return state.doomed ? -1 : state.transactions > 0 || state.triggerDepth > 0 ? 1 : 0;
    case '@@SPID':
      return interpreter.spid;
    case '@@VERSION':
      return version;
    case '@@SERVERNAME':
      return interpreter.services.serverName;
    case '@@SERVICENAME':
      return 'MSSQLSERVER';
    case '@@LANGUAGE':
      return options.language;
    case '@@LANGID':
      return 0;
    case '@@OPTIONS':
      return optionsMask(options);
    case '@@NESTLEVEL':
      return state.nesting;
    case '@@PROCID':
      return frame.procedureId ?? 0;
    case '@@FETCH_STATUS':
      return state.fetchStatus;
    case '@@CURSOR_ROWS':
      return 0;
    case '@@MAX_PRECISION':
      return 38;
    case '@@MAX_CONNECTIONS':
      return 32767;
    case '@@DATEFIRST':
      return options.dateFirst;
    case '@@LOCK_TIMEOUT':
      return options.lockTimeout;
    case '@@TEXTSIZE':
      return options.textSize;
    case '@@MICROSOFTVERSION':
      return 0x0c0007d0;
    case '@@IDENTITY':
      return state.identity;
    case 'SCOPE_IDENTITY':
      return frame.scopeIdentity;
    case '@@DBTS':
      return new Uint8Array(8);
    case 'GETDATE':
      return datetimeText(interpreter.services.clock());
    case 'SYSDATETIME':
      return timeText(interpreter.services.clock());
    case 'SYSDATETIMEOFFSET':
      return `${timeText(interpreter.services.clock())} +00:00`;
    case 'CURRENT_DATE':
      return timeText(interpreter.services.clock()).slice(0, 10);
    case 'ERROR_NUMBER':
      return caught(interpreter, (error) => error.number);
    case 'ERROR_SEVERITY':
      return caught(interpreter, (error) => error.class);
    case 'ERROR_STATE':
      return caught(interpreter, (error) => error.state);
    case 'ERROR_LINE':
      return caught(interpreter, (error) => error.line);
    case 'ERROR_MESSAGE':
      return caught(interpreter, (error) => error.message);
    case 'ERROR_PROCEDURE':
      return caught(interpreter, (error) => error.procedure ?? null);
    case 'ORIGINAL_LOGIN':
      return state.context.originalLogin;
    case 'LOGIN_NAME':
      return state.context.loginName;
    case 'USER_NAME':
      return state.context.userName;
    case 'APP_NAME':
      return login.applicationName;
    case 'HOST_NAME':
      return login.hostName;
    case 'HOST_ID':
      return '0';
    case 'TRANSACTION_ID':
      return interpreter.spid;
    case 'CONTEXT_INFO':
      return options.contextInfo;
    case 'TRIGGER_NESTLEVEL':
      return state.triggerDepth;
    default:
      throw new Error(`No session value ${name}`);
  }
}

function keyedValue(interpreter: Interpreter, name: string, key: string): SqlValue {
  if (name === 'SESSION_CONTEXT') return interpreter.state.sessionContext.get(key) ?? null;
  const properties: Record<string, SqlValue> = {
    net_transport: 'TCP',
    protocol_type: 'TSQL',
    auth_scheme: interpreter.state.login.caller.kind === 'sql' ? 'SQL' : 'EXTERNAL',
    local_net_address: '127.0.0.1',
    local_tcp_port: '1433',
    client_net_address: interpreter.state.login.clientAddress,
    physical_net_transport: 'TCP',
  };
  return properties[key] ?? null;
}
