// What a failure of VS Code's own sign-in means, and the setting that mends it.
import type { Cloud } from '../../core/cloud.ts';
import { AppError, type Remedy } from '../../core/errors.ts';

interface Texts {
  l10n: { t(message: string, ...args: string[]): string };
}

/** Words of the system's account broker (msal-node-extensions, NativeAuthError) that MSAL itself does not use. */
const broker =
  /\bbroker\b|\bWAM\b|\(pii\)|\btag_\w{5}\b|StatusInternal|Keychain|-21\d{8}\b|^(?:Unexpected|ApiContractViolation|IncorrectConfiguration|AccountUnusable)\b/i;
const network =
  /no_network_connectivity|endpoints_resolution_error|network_error|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN[A-Z]+|EHOSTUNREACH|ENETUNREACH|getaddrinfo|fetch failed|net::ERR_/i;

/** Without remedies where signing in is one: only the caller knows for which connection. */
export function providerFailure(vscode: Texts, error: unknown, cloud: Cloud): AppError {
  const text = error instanceof Error ? error.message : String(error);
  const failed = (code: AppError['code'], message: string, remedies: readonly Remedy[] = []): AppError =>
    new AppError(code, message, { cause: error, remedies });
  if (/did not consent|cancell?ed/i.test(text))
    return failed('signInDeclined', vscode.l10n.t('Signing in was declined, so nothing was done.'));
  if (/timed out waiting for authentication provider/i.test(text)) {
    if (cloud.vscodeProvider !== 'microsoft-sovereign-cloud')
      return failed(
        'credentialUnavailable',
        vscode.l10n.t('VS Code’s Microsoft sign-in did not answer. Is the built-in extension disabled?'),
        [{ kind: 'retry' }],
      );
    return failed(
      'credentialUnavailable',
      vscode.l10n.t(
        'VS Code signs in to {0} only when the setting "microsoft-sovereign-cloud.environment" names it.',
        cloud.label,
      ),
      [openSetting(vscode, 'microsoft-sovereign-cloud.environment'), { kind: 'retry' }],
    );
  }
  if (network.test(text))
    return failed(
      'credentialUnavailable',
      vscode.l10n.t(
        'VS Code cannot reach the sign-in of {0} ({1}). Check network and proxy.',
        cloud.label,
        text,
      ),
      [{ kind: 'retry' }],
    );
  if (broker.test(text))
    return failed(
      'credentialUnavailable',
      vscode.l10n.t(
        'The account broker of this computer failed ({0}). Set "microsoft-authentication.implementation" to "msal-no-broker", reload the window and sign in again.',
        text,
      ),
      [openSetting(vscode, 'microsoft-authentication.implementation'), { kind: 'retry' }],
    );
  return failed('signInRequired', vscode.l10n.t('VS Code could not sign in: {0}', text));
}

/** A silent question that nobody answered. `patience` in milliseconds. */
export function silence(vscode: Texts, patience: number): AppError {
  return new AppError(
    'credentialUnavailable',
    vscode.l10n.t(
      'VS Code gave no token within {0} seconds. Finish a sign-in that is open, or try again.',
      String(Math.round(patience / 1000)),
    ),
    { remedies: [{ kind: 'retry' }] },
  );
}

function openSetting(vscode: Texts, setting: string): Remedy {
  return {
    kind: 'command',
    command: 'workbench.action.openSettings',
    title: vscode.l10n.t('Open Setting'),
    arguments: [setting],
  };
}
