// The local Azure as the product knows a cloud.
import type { Cloud } from '../src/core/cloud.ts';

/** `issuer`: its authority. `caFile`: the certificate authority that its servers are verified with. */
export function localCloud(azure: { audience: string; issuer: string; caFile: string }): Cloud {
  return {
    id: 'local',
    label: 'Local',
    hostSuffix: 'localhost',
    audience: azure.audience.replace(/\/$/, ''),
    authority: azure.issuer,
    resourceManager: undefined,
    vscodeProvider: 'microsoft',
    caFile: azure.caFile,
  };
}
