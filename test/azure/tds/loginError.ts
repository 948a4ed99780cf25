// Login failures in the server's words.
import { SqlError } from '../contract.ts';

/** 18456 for an Entra caller; `reason` is the server's second sentence, as "Token is expired.". */
export function tokenLoginFailed(reason = '', state = 1): SqlError {
  const message = "Login failed for user '<token-identified principal>'.";
  return loginError(18_456, reason ? `${message} ${reason}` : message, state);
}

export function loginError(number: number, message: string, state = 1): SqlError {
  return new SqlError({ number, state, class: 14, message, line: 1 });
}
