// Faults ordered through the control endpoint: which replies go wrong, how often, and how.
import type { ClientRequest } from '../contract.ts';
import type { Fault } from '../tds/faults.ts';
import type { ConnectionInfo } from '../tds/tdsServerOptions.ts';

export interface FaultOrder {
  /** Which replies: of logins, or of requests after them. */
  on: 'login' | 'request';
  /** Only requests whose batch, procedure or first parameter holds this text. */
  text?: string;
  /** Only connections of this application name. */
  applicationName?: string;
  /** Matching replies that are still answered properly. Default 0. */
  skip?: number;
  /** How many replies go wrong; default 1. */
  times?: number;
  fault: Fault;
}

/** The orders still open. */
export class FaultPlan {
  #orders: (FaultOrder & { skip: number; times: number })[] = [];

  /** Replaces all orders; [] ends the trouble. */
  set(orders: readonly FaultOrder[]): void {
    this.#orders = orders.map((order) => ({ ...order, skip: order.skip ?? 0, times: order.times ?? 1 }));
  }

  /** How many faults are still to come. */
  get left(): number {
    return this.#orders.reduce((sum, order) => sum + order.times, 0);
  }

  /** TdsServerOptions.faults. */
  next(connection: ConnectionInfo, stage: 'login' | ClientRequest): Fault | undefined {
    for (const order of this.#orders) {
      if (order.times === 0 || !matches(order, connection, stage)) continue;
      if (order.skip > 0) {
        order.skip -= 1;
        continue;
      }
      order.times -= 1;
      return order.fault;
    }
    return undefined;
  }
}

function matches(order: FaultOrder, connection: ConnectionInfo, stage: 'login' | ClientRequest): boolean {
  if (order.applicationName !== undefined && order.applicationName !== connection.applicationName)
    return false;
  if (stage === 'login') return order.on === 'login' && order.text === undefined;
  return order.on === 'request' && (order.text === undefined || requestText(stage).includes(order.text));
}

/** Batch, procedure and parameters as one text. */
export function requestText(request: ClientRequest): string {
  switch (request.kind) {
    case 'batch':
      return request.text;
    case 'rpc':
      return [
        request.procedure,
        ...request.parameters.map(({ value }) => (typeof value === 'string' ? value : '')),
      ].join('\n');
    default:
      return request.request;
  }
}
