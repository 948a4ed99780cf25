// An error that PostgreSQL reported, with the fields that the translation into SQL Server's words needs.

/** What `tsql.raise` put into the error: it is already SQL Server's own. */
export interface RaisedError {
  number: number;
  class: number;
  state: number;
}

/** Fields of an ErrorResponse (PostgreSQL manual, "Error and Notice Message Fields"). */
export interface PgErrorFields {
  code: string;
  message: string;
  detail?: string | undefined;
  schema?: string | undefined;
  table?: string | undefined;
  column?: string | undefined;
  constraint?: string | undefined;
  dataType?: string | undefined;
  where?: string | undefined;
}

export class PgError extends Error {
  /** SQLSTATE; '08006' when the connection is gone. */
  readonly code: string;
  readonly fields: PgErrorFields;
  readonly sql: RaisedError | undefined;

  constructor(fields: PgErrorFields, options?: ErrorOptions) {
    super(fields.message, options);
    this.name = 'PgError';
    this.code = fields.code;
    this.fields = fields;
    this.sql = fields.code === 'MSSQL' ? raised(fields.detail ?? '') : undefined;
  }

  /** The statement was cancelled by `cancel()`. */
  get cancelled(): boolean {
    return this.code === '57014';
  }
}

/** `number,class,state`, as tsql.raise writes it into DETAIL. */
function raised(detail: string): RaisedError {
  const [number = 50000, level = 16, state = 1] = detail.split(',').map(Number);
  return { number, class: level, state };
}
