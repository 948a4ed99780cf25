// The syntax tree of a T-SQL batch: what the parser makes and what the binder and the interpreter read.
import type { SqlType } from '../contract.ts';

/** Where a node stands. Offsets are UTF-16 units into the text given to the parser; `line` (of the first token) counts from 1. */
export interface Span {
  line: number;
  start: number;
  end: number;
}

/** `name` is unescaped (`[a]]b]` → `a]b`), case kept. An omitted part of a name (`db..t`) is an identifier with name ''. */
export interface Identifier extends Span {
  kind: 'identifier';
  name: string;
  quoted: boolean;
}

/** 1 to 4 parts, the object last: [server.][database.][schema.]object, or for columns [[database.]schema.]table.column. */
export interface Name extends Span {
  kind: 'name';
  parts: Identifier[];
}

/**
 * A type as written. `system` is there when the (one-part or sys.) name is a system type or a synonym of one (integer, rowversion,
 * national char varying …); its length/precision/scale are set only when written, since the default differs between DECLARE (1) and
 * CAST (30). `max` is length -1. Without `system` it is a user-defined type or one this server does not know: the binder answers 2715.
 */
export interface DataType extends Span {
  kind: 'dataType';
  name: Name;
  arguments: number[];
  system?: SqlType;
}

// ---------------------------------------------------------------- expressions

export type Expression =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | NullLiteral
  | DefaultLiteral
  | ColumnReference
  | VariableReference
  | GlobalVariable
  | Unary
  | Arithmetic
  | SimpleCase
  | SearchedCase
  | Iif
  | Cast
  | Convert
  | Parse
  | FunctionCall
  | Niladic
  | DatePartName
  | Trim
  | NextValue
  | JsonObject
  | JsonArray
  | MergeAction
  | Subquery
  | Collate
  | AtTimeZone;

/** Digits only is 'integer' (numeric when it does not fit int); with a point 'decimal'; with an exponent 'float'; with $ 'money'. */
export interface NumberLiteral extends Span {
  kind: 'number';
  form: 'integer' | 'decimal' | 'float' | 'money';
  /** As written, without the currency sign; never signed (a minus is a Unary). May be '' for a bare `$` (0). */
  text: string;
}
export interface StringLiteral extends Span {
  kind: 'string';
  value: string;
  /** Written N'…'. */
  national: boolean;
}
/** `hex`: an even number of digits, without 0x, upper case; '' for a bare `0x`. */
export interface BinaryLiteral extends Span {
  kind: 'binary';
  hex: string;
}
export interface NullLiteral extends Span {
  kind: 'null';
}
/** The keyword DEFAULT: only in VALUES, SET col = DEFAULT, and arguments of EXEC and of functions. */
export interface DefaultLiteral extends Span {
  kind: 'default';
}
export interface ColumnReference extends Span {
  kind: 'column';
  name: Name;
}
/** `name` with its '@', case as written. */
export interface VariableReference extends Span {
  kind: 'variable';
  name: string;
}
/** `name` with its '@@', upper case. */
export interface GlobalVariable extends Span {
  kind: 'global';
  name: string;
}
export interface Unary extends Span {
  kind: 'unary';
  operator: '+' | '-' | '~';
  operand: Expression;
}
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '||';
export interface Arithmetic extends Span {
  kind: 'arithmetic';
  operator: ArithmeticOperator;
  left: Expression;
  right: Expression;
}
export interface SimpleCase extends Span {
  kind: 'simpleCase';
  input: Expression;
  branches: { when: Expression; then: Expression }[];
  otherwise?: Expression;
}
export interface SearchedCase extends Span {
  kind: 'searchedCase';
  branches: { when: Predicate; then: Expression }[];
  otherwise?: Expression;
}
export interface Iif extends Span {
  kind: 'iif';
  condition: Predicate;
  then: Expression;
  otherwise: Expression;
}
/** CAST, TRY_CAST. */
export interface Cast extends Span {
  kind: 'cast';
  attempt: boolean;
  operand: Expression;
  type: DataType;
}
/** CONVERT, TRY_CONVERT. */
export interface Convert extends Span {
  kind: 'convert';
  attempt: boolean;
  type: DataType;
  operand: Expression;
  style?: Expression;
}
/** PARSE, TRY_PARSE. */
export interface Parse extends Span {
  kind: 'parse';
  attempt: boolean;
  operand: Expression;
  type: DataType;
}
/** COALESCE, NULLIF, LEFT, RIGHT, COUNT, ROW_NUMBER … and user functions (two-part names). */
export interface FunctionCall extends Span {
  kind: 'call';
  name: Name;
  arguments: Expression[];
  /** COUNT(DISTINCT x). */
  distinct: boolean;
  /** COUNT(*): `arguments` is then empty. */
  star: boolean;
  /** STRING_AGG(…) WITHIN GROUP (ORDER BY …). */
  withinGroup?: OrderItem[];
  nullTreatment?: 'ignore' | 'respect';
  over?: Window;
}
/** A function without parentheses. */
export interface Niladic extends Span {
  kind: 'niladic';
  name: 'CURRENT_TIMESTAMP' | 'CURRENT_DATE' | 'CURRENT_USER' | 'SESSION_USER' | 'SYSTEM_USER' | 'USER';
}
/** First argument of DATEADD, DATEDIFF, DATEDIFF_BIG, DATENAME, DATEPART, DATETRUNC, DATE_BUCKET; lower case as written (yy, year …). */
export interface DatePartName extends Span {
  kind: 'datePart';
  name: string;
}
/** TRIM([LEADING|TRAILING|BOTH] [characters FROM] operand). */
export interface Trim extends Span {
  kind: 'trim';
  side: 'leading' | 'trailing' | 'both';
  characters?: Expression;
  operand: Expression;
}
export interface NextValue extends Span {
  kind: 'nextValue';
  sequence: Name;
}
export interface JsonObject extends Span {
  kind: 'jsonObject';
  members: { key: Expression; value: Expression }[];
  /** ABSENT ON NULL. */
  absentOnNull: boolean;
}
export interface JsonArray extends Span {
  kind: 'jsonArray';
  values: Expression[];
  /** ABSENT ON NULL, which is the default of JSON_ARRAY. */
  absentOnNull: boolean;
}
/** `$action` in the OUTPUT of a MERGE. */
export interface MergeAction extends Span {
  kind: 'mergeAction';
}
export interface Subquery extends Span {
  kind: 'subquery';
  query: Query;
}
export interface Collate extends Span {
  kind: 'collate';
  operand: Expression;
  collation: string;
}
export interface AtTimeZone extends Span {
  kind: 'atTimeZone';
  operand: Expression;
  zone: Expression;
}

// ---------------------------------------------------------------- predicates (T-SQL has no boolean values: a type of their own)

export type Predicate =
  | Comparison
  | Quantified
  | Logical
  | Not
  | Between
  | InList
  | InQuery
  | Like
  | IsNull
  | IsDistinctFrom
  | Exists
  | ColumnUpdated;

/** Normalised: `!=` is `<>`, `!<` is `>=`, `!>` is `<=`. */
export type ComparisonOperator = '=' | '<>' | '<' | '>' | '<=' | '>=';
export interface Comparison extends Span {
  kind: 'comparison';
  operator: ComparisonOperator;
  left: Expression;
  right: Expression;
}
/** SOME is 'any'. */
export interface Quantified extends Span {
  kind: 'quantified';
  operator: ComparisonOperator;
  quantifier: 'all' | 'any';
  left: Expression;
  query: Query;
}
export interface Logical extends Span {
  kind: 'logical';
  operator: 'and' | 'or';
  left: Predicate;
  right: Predicate;
}
export interface Not extends Span {
  kind: 'not';
  operand: Predicate;
}
export interface Between extends Span {
  kind: 'between';
  negated: boolean;
  operand: Expression;
  low: Expression;
  high: Expression;
}
export interface InList extends Span {
  kind: 'inList';
  negated: boolean;
  operand: Expression;
  values: Expression[];
}
export interface InQuery extends Span {
  kind: 'inQuery';
  negated: boolean;
  operand: Expression;
  query: Query;
}
export interface Like extends Span {
  kind: 'like';
  negated: boolean;
  operand: Expression;
  pattern: Expression;
  escape?: Expression;
}
export interface IsNull extends Span {
  kind: 'isNull';
  negated: boolean;
  operand: Expression;
}
export interface IsDistinctFrom extends Span {
  kind: 'isDistinctFrom';
  negated: boolean;
  left: Expression;
  right: Expression;
}
export interface Exists extends Span {
  kind: 'exists';
  query: Query;
}
/** UPDATE(column) in a trigger. */
export interface ColumnUpdated extends Span {
  kind: 'columnUpdated';
  column: Identifier;
}

// ---------------------------------------------------------------- queries

/** A query expression. CTEs are at the statement (`with`), since T-SQL allows them only there. */
export interface Query extends Span {
  kind: 'query';
  body: QueryBody;
  /** [] when absent. */
  orderBy: OrderItem[];
  offset?: Expression;
  fetch?: Expression;
  forClause?: ForJson | ForXml;
}
export type QueryBody = SelectBlock | SetOperation;
export interface SetOperation extends Span {
  kind: 'setOperation';
  operator: 'union' | 'except' | 'intersect';
  all: boolean;
  left: QueryBody;
  right: QueryBody;
}
export interface SelectBlock extends Span {
  kind: 'selectBlock';
  distinct: boolean;
  top?: Top;
  items: SelectItem[];
  into?: Name;
  /** Comma-separated sources, [] without FROM. */
  from: TableSource[];
  where?: Predicate;
  groupBy: GroupItem[];
  having?: Predicate;
}
export interface Top extends Span {
  kind: 'top';
  count: Expression;
  percent: boolean;
  withTies: boolean;
}
export type SelectItem = ExpressionItem | StarItem | AssignmentItem;
export interface ExpressionItem extends Span {
  kind: 'expressionItem';
  expression: Expression;
  alias?: Identifier;
}
export interface StarItem extends Span {
  kind: 'star';
  /** `t.*`, `inserted.*`. */
  qualifier?: Name;
}
export type AssignmentOperator = '=' | '+=' | '-=' | '*=' | '/=' | '%=' | '&=' | '|=' | '^=';
/** SELECT @v = expression. */
export interface AssignmentItem extends Span {
  kind: 'assignment';
  variable: string;
  operator: AssignmentOperator;
  expression: Expression;
}
export interface OrderItem extends Span {
  kind: 'orderItem';
  expression: Expression;
  descending: boolean;
}
export type GroupItem = GroupExpression | Rollup | Cube | GroupingSets;
export interface GroupExpression extends Span {
  kind: 'groupExpression';
  expression: Expression;
}
/** Each element is one expression or a parenthesised list; also GROUP BY a, b WITH ROLLUP. */
export interface Rollup extends Span {
  kind: 'rollup';
  elements: Expression[][];
}
export interface Cube extends Span {
  kind: 'cube';
  elements: Expression[][];
}
/** A set is a list of expressions ([] is the grand total), a rollup or a cube. */
export interface GroupingSets extends Span {
  kind: 'groupingSets';
  sets: (Expression[] | Rollup | Cube)[];
}
export interface Window extends Span {
  kind: 'window';
  partitionBy: Expression[];
  orderBy: OrderItem[];
  frame?: WindowFrame;
}
export interface WindowFrame extends Span {
  kind: 'windowFrame';
  unit: 'rows' | 'range';
  from: FrameBound;
  /** CURRENT ROW when not written. */
  to: FrameBound;
}
export type FrameBound =
  | { kind: 'unboundedPreceding' }
  | { kind: 'unboundedFollowing' }
  | { kind: 'currentRow' }
  | { kind: 'preceding'; rows: Expression }
  | { kind: 'following'; rows: Expression };

export interface ForJson extends Span {
  kind: 'forJson';
  mode: 'path' | 'auto';
  /** ROOT without a name is 'root'. */
  root?: string;
  includeNullValues: boolean;
  withoutArrayWrapper: boolean;
}
export interface ForXml extends Span {
  kind: 'forXml';
  mode: 'raw' | 'auto' | 'path' | 'explicit';
  element?: string;
  root?: string;
  /** Upper case: TYPE, ELEMENTS, ELEMENTS XSINIL, BINARY BASE64 … */
  options: string[];
}

export interface CommonTable extends Span {
  kind: 'commonTable';
  name: Identifier;
  columns: Identifier[];
  query: Query;
}

export type TableSource =
  | TableReference
  | TableVariable
  | TableFunction
  | DerivedTable
  | ValuesTable
  | Join
  | Apply;

export interface TableReference extends Span {
  kind: 'table';
  name: Name;
  alias?: Identifier;
  hints: TableHint[];
  /** FOR SYSTEM_TIME … */
  systemTime?: SystemTime;
}
/** `name` upper case (NOLOCK, UPDLOCK, INDEX …). */
export interface TableHint extends Span {
  kind: 'tableHint';
  name: string;
  arguments: string[];
}
export type SystemTime =
  | { kind: 'asOf'; at: Expression }
  | { kind: 'fromTo'; from: Expression; to: Expression }
  | { kind: 'between'; from: Expression; to: Expression }
  | { kind: 'containedIn'; from: Expression; to: Expression }
  | { kind: 'all' };
/** `variable` with its '@'. */
export interface TableVariable extends Span {
  kind: 'tableVariable';
  variable: string;
  alias?: Identifier;
}
export interface TableFunction extends Span {
  kind: 'tableFunction';
  name: Name;
  arguments: Expression[];
  alias?: Identifier;
  columns: Identifier[];
  /** OPENJSON … WITH (…); undefined without WITH. */
  schema?: OpenJsonColumn[];
}
export interface OpenJsonColumn extends Span {
  kind: 'openJsonColumn';
  name: Identifier;
  type: DataType;
  path?: string;
  asJson: boolean;
}
export interface DerivedTable extends Span {
  kind: 'derivedTable';
  query: Query;
  alias: Identifier;
  columns: Identifier[];
}
export interface ValuesTable extends Span {
  kind: 'valuesTable';
  rows: Expression[][];
  alias: Identifier;
  columns: Identifier[];
}
export interface Join extends Span {
  kind: 'join';
  join: 'inner' | 'left' | 'right' | 'full' | 'cross';
  left: TableSource;
  right: TableSource;
  /** Absent only for cross. */
  on?: Predicate;
  hint?: 'loop' | 'hash' | 'merge' | 'remote';
}
export interface Apply extends Span {
  kind: 'apply';
  outer: boolean;
  left: TableSource;
  right: TableSource;
}

// ---------------------------------------------------------------- batch and statements

export interface Batch extends Span {
  kind: 'batch';
  text: string;
  statements: Statement[];
}

export type Statement =
  | SelectStatement
  | Insert
  | InsertBulk
  | Update
  | Delete
  | Merge
  | Truncate
  | DefinitionStatement
  | SecurityStatement
  | ProceduralStatement;

/** OPTION (…): upper-case text of each hint, `MAXRECURSION 100` as one. */
export type QueryOptions = string[];

export interface SelectStatement extends Span {
  kind: 'select';
  with: CommonTable[];
  query: Query;
  options: QueryOptions;
}

/** What INSERT, UPDATE, DELETE and MERGE change. In UPDATE and DELETE a one-part name may be an alias of the FROM clause. */
export type DmlTarget = TableReference | TableVariable;

/** `items` may hold inserted.x, deleted.x, $action, stars. At most two: one with `into`, one without. */
export interface OutputClause extends Span {
  kind: 'output';
  items: SelectItem[];
  into?: { target: DmlTarget; columns: Identifier[] };
}

export interface Insert extends Span {
  kind: 'insert';
  with: CommonTable[];
  top?: Top;
  target: DmlTarget;
  columns: Identifier[];
  output: OutputClause[];
  source: InsertSource;
  options: QueryOptions;
  /** Never parsed: the rows are those of a bulk load, and this is how they go in. */
  bulk?: BulkOptions;
}
/** INSERT BULK, which a client sends before the rows (MS-TDS 2.2.6.1). */
export interface InsertBulk extends Span {
  kind: 'insertBulk';
  table: Name;
  columns: { name: Identifier; type: DataType; collation?: string }[];
  options: BulkOptions;
}
export interface BulkOptions {
  /** Off: NULL becomes the column's default. */
  keepNulls: boolean;
  /** Off: CHECK and FOREIGN KEY are not asked, and not trusted afterwards. */
  checkConstraints: boolean;
  fireTriggers: boolean;
  tabLock: boolean;
  /** ORDER (…): how the client says its rows are sorted. */
  order: IndexColumn[];
}
export type InsertSource =
  | { kind: 'values'; rows: Expression[][] }
  | { kind: 'query'; query: Query }
  | { kind: 'execute'; execute: Execute | ExecuteText }
  | { kind: 'defaultValues' };

export interface Update extends Span {
  kind: 'update';
  with: CommonTable[];
  top?: Top;
  target: DmlTarget;
  set: SetClause[];
  output: OutputClause[];
  from: TableSource[];
  where?: Predicate | CurrentOf;
  options: QueryOptions;
}
/** `column = e`, `@v = e` (no column), or `@v = column = e` (both). */
export interface SetClause extends Span {
  kind: 'setClause';
  column?: Name;
  variable?: string;
  operator: AssignmentOperator;
  expression: Expression;
}
/** WHERE CURRENT OF cursor. */
export interface CurrentOf extends Span {
  kind: 'currentOf';
  cursor: string;
}
export interface Delete extends Span {
  kind: 'delete';
  with: CommonTable[];
  top?: Top;
  target: DmlTarget;
  output: OutputClause[];
  from: TableSource[];
  where?: Predicate | CurrentOf;
  options: QueryOptions;
}
export interface Merge extends Span {
  kind: 'merge';
  with: CommonTable[];
  top?: Top;
  /** Its alias is in the target. */
  target: DmlTarget;
  using: TableSource;
  on: Predicate;
  clauses: MergeClause[];
  output: OutputClause[];
  options: QueryOptions;
}
export interface MergeClause extends Span {
  kind: 'mergeClause';
  match: 'matched' | 'notMatchedByTarget' | 'notMatchedBySource';
  condition?: Predicate;
  action:
    | { kind: 'update'; set: SetClause[] }
    | { kind: 'delete' }
    /** `values` undefined: DEFAULT VALUES. */
    | { kind: 'insert'; columns: Identifier[]; values?: Expression[] };
}
export interface Truncate extends Span {
  kind: 'truncate';
  table: Name;
}

// ---------------------------------------------------------------- definition (DDL)

export type DefinitionStatement =
  | CreateTable
  | AlterTable
  | CreateIndex
  | AlterIndex
  | DropIndex
  | CreateView
  | CreateSchema
  | AlterSchema
  | CreateSequence
  | AlterSequence
  | CreateType
  | CreateProcedure
  | CreateFunction
  | CreateTrigger
  | SwitchTrigger
  | CreateSynonym
  | CreateDatabase
  | AlterDatabase
  | DropObject
  | UpdateStatistics;

export interface CreateTable extends Span {
  kind: 'createTable';
  name: Name;
  elements: TableElement[];
  /** SYSTEM_VERSIONING and other WITH options. */
  options: TableOption[];
}
export type TableElement =
  | ColumnDefinition
  | ComputedColumn
  | TableConstraint
  | InlineIndex
  | PeriodForSystemTime;

export interface ColumnDefinition extends Span {
  kind: 'columnDefinition';
  name: Identifier;
  type: DataType;
  collation?: string;
  /** undefined: not written (NULL, or NOT NULL when part of the primary key). */
  nullable?: boolean;
  /** Texts of signed whole numbers, (1,1) by default. */
  identity?: { seed: string; increment: string };
  rowGuid: boolean;
  /** GENERATED ALWAYS AS ROW START/END [HIDDEN]. */
  generated?: { row: 'start' | 'end'; hidden: boolean };
  default?: DefaultConstraint;
  /** ALTER TABLE … ADD … DEFAULT … WITH VALUES. */
  defaultWithValues?: true;
  /** Column constraints: their `columns` name this column alone. */
  constraints: TableConstraint[];
  index?: InlineIndex;
}
export interface ComputedColumn extends Span {
  kind: 'computedColumn';
  name: Identifier;
  expression: Expression;
  /** As written, with its outer parentheses if any. */
  text: string;
  persisted: boolean;
  nullable?: boolean;
  constraints: TableConstraint[];
}
export interface DefaultConstraint extends Span {
  kind: 'defaultConstraint';
  name?: Identifier;
  expression: Expression;
  /** As written. */
  text: string;
}
export type TableConstraint = KeyConstraint | ForeignKey | CheckConstraint;
export interface KeyConstraint extends Span {
  kind: 'keyConstraint';
  name?: Identifier;
  primary: boolean;
  clustered?: boolean;
  columns: IndexColumn[];
}
export interface IndexColumn extends Span {
  kind: 'indexColumn';
  name: Identifier;
  descending: boolean;
}
export type ReferentialAction = 'noAction' | 'cascade' | 'setNull' | 'setDefault';
export interface ForeignKey extends Span {
  kind: 'foreignKey';
  name?: Identifier;
  columns: Identifier[];
  table: Name;
  /** [] when not written: the primary key. */
  references: Identifier[];
  onDelete: ReferentialAction;
  onUpdate: ReferentialAction;
}
export interface CheckConstraint extends Span {
  kind: 'checkConstraint';
  name?: Identifier;
  condition: Predicate;
  /** The condition as written, between the parentheses. */
  text: string;
}
export interface InlineIndex extends Span {
  kind: 'inlineIndex';
  name: Identifier;
  unique: boolean;
  clustered?: boolean;
  columns: IndexColumn[];
  include: Identifier[];
  where?: Predicate;
}
export interface PeriodForSystemTime extends Span {
  kind: 'period';
  from: Identifier;
  to: Identifier;
}
export type TableOption =
  /** `history`: HISTORY_TABLE = …; `enabled` false for OFF. */
  | { kind: 'systemVersioning'; enabled: boolean; history?: Name; consistencyCheck?: boolean }
  /** DATA_COMPRESSION = PAGE and the like: without meaning here, upper case. */
  | { kind: 'storage'; name: string; value: string };

export interface AlterTable extends Span {
  kind: 'alterTable';
  table: Name;
  action: AlterTableAction;
}
export type AlterTableAction =
  /** WITH NOCHECK: existing rows are not checked. `elements` never holds an InlineIndex. */
  | { kind: 'add'; elements: (TableElement | AddDefault)[]; noCheck: boolean }
  | {
      kind: 'alterColumn';
      column: Identifier;
      type: DataType;
      collation?: string;
      nullable?: boolean;
    }
  /** ALTER COLUMN c ADD|DROP PERSISTED|ROWGUIDCOL|SPARSE|HIDDEN|NOT FOR REPLICATION. */
  | { kind: 'alterColumnProperty'; column: Identifier; add: boolean; property: string }
  | { kind: 'drop'; items: AlterTableDrop[] }
  /** names [] means ALL. */
  | { kind: 'checkConstraint'; enable: boolean; withCheck: boolean; names: Identifier[] }
  | { kind: 'trigger'; enable: boolean; names: Identifier[] }
  | { kind: 'option'; option: TableOption };
/** ADD CONSTRAINT n DEFAULT e FOR column. */
export interface AddDefault extends Span {
  kind: 'addDefault';
  constraint: DefaultConstraint;
  column: Identifier;
}
export type AlterTableDrop =
  | { kind: 'column'; name: Identifier; ifExists: boolean }
  | { kind: 'constraint'; name: Identifier; ifExists: boolean }
  | { kind: 'period' };

export interface CreateIndex extends Span {
  kind: 'createIndex';
  name: Identifier;
  table: Name;
  unique: boolean;
  clustered?: boolean;
  columns: IndexColumn[];
  include: Identifier[];
  where?: Predicate;
  /** Upper case, e.g. { name: 'IGNORE_DUP_KEY', value: 'ON' }. */
  options: { name: string; value: string }[];
}
export interface AlterIndex extends Span {
  kind: 'alterIndex';
  /** undefined: ALL. */
  name?: Identifier;
  table: Name;
  action: 'rebuild' | 'reorganize' | 'disable';
}
export interface DropIndex extends Span {
  kind: 'dropIndex';
  ifExists: boolean;
  items: { name: Identifier; table: Name }[];
}
/** CREATE, CREATE OR ALTER and ALTER of a module. */
export type ModuleVerb = 'create' | 'createOrAlter' | 'alter';
export interface CreateView extends Span {
  kind: 'createView';
  verb: ModuleVerb;
  name: Name;
  columns: Identifier[];
  /** Upper case: SCHEMABINDING, VIEW_METADATA. */
  options: string[];
  with: CommonTable[];
  query: Query;
  checkOption: boolean;
  /** The whole statement as written, for sys.sql_modules. */
  text: string;
}
export interface CreateSchema extends Span {
  kind: 'createSchema';
  name: Identifier;
  owner?: Identifier;
}
/** ALTER SCHEMA s TRANSFER [class::]object. */
export interface AlterSchema extends Span {
  kind: 'alterSchema';
  schema: Identifier;
  securable: Securable;
}
export interface SequenceOptions {
  type?: DataType;
  /** Signed whole numbers as text; RESTART alone is ''. */
  start?: string;
  restart?: string;
  increment?: string;
  /** null: NO MINVALUE. */
  minimum?: string | null;
  maximum?: string | null;
  cycle?: boolean;
  /** null: NO CACHE; '' CACHE without size. */
  cache?: string | null;
}
export interface CreateSequence extends Span {
  kind: 'createSequence';
  name: Name;
  options: SequenceOptions;
}
export interface AlterSequence extends Span {
  kind: 'alterSequence';
  name: Name;
  options: SequenceOptions;
}
export interface CreateType extends Span {
  kind: 'createType';
  name: Name;
  definition:
    | { kind: 'alias'; base: DataType; nullable?: boolean }
    | { kind: 'table'; elements: TableElement[] };
}
export interface Parameter extends Span {
  kind: 'parameter';
  /** With its '@'. */
  name: string;
  type: DataType;
  nullable?: boolean;
  default?: Expression;
  output: boolean;
  readOnly: boolean;
  /** CURSOR VARYING: `type` is then a one-part name 'cursor'. */
  varying: boolean;
}
/** WITH EXECUTE AS of a module. */
export type ModuleExecuteAs = { kind: 'caller' | 'self' | 'owner' } | { kind: 'user'; user: string };
export interface CreateProcedure extends Span {
  kind: 'createProcedure';
  verb: ModuleVerb;
  name: Name;
  parameters: Parameter[];
  options: string[];
  executeAs?: ModuleExecuteAs;
  /** Lines inside count from the CREATE statement's own first line = 1 when reported by the server: subtract this node's `line - 1`. */
  body: Statement[];
  text: string;
}
export interface CreateFunction extends Span {
  kind: 'createFunction';
  verb: ModuleVerb;
  name: Name;
  parameters: Parameter[];
  /** SCHEMABINDING, RETURNS NULL ON NULL INPUT, CALLED ON NULL INPUT, INLINE = ON|OFF … */
  options: string[];
  executeAs?: ModuleExecuteAs;
  returns:
    | { kind: 'scalar'; type: DataType; body: Statement[] }
    | { kind: 'inline'; with: CommonTable[]; query: Query }
    | { kind: 'table'; variable: string; elements: TableElement[]; body: Statement[] };
  text: string;
}
export interface CreateTrigger extends Span {
  kind: 'createTrigger';
  verb: ModuleVerb;
  name: Name;
  /** 'database' for ON DATABASE. */
  target: Name | 'database';
  timing: 'after' | 'insteadOf';
  /** INSERT, UPDATE, DELETE, or DDL event names; upper case. */
  events: string[];
  options: string[];
  executeAs?: ModuleExecuteAs;
  body: Statement[];
  text: string;
}
/** ENABLE|DISABLE TRIGGER … ON …; names [] is ALL. */
export interface SwitchTrigger extends Span {
  kind: 'switchTrigger';
  enable: boolean;
  names: Name[];
  target: Name | 'database';
}
export interface CreateSynonym extends Span {
  kind: 'createSynonym';
  name: Name;
  target: Name;
}
/** Words after the name are kept as `{name, value}`: EDITION, SERVICE_OBJECTIVE, MAXSIZE …, upper-case name, value as text. */
export interface CreateDatabase extends Span {
  kind: 'createDatabase';
  name: Identifier;
  collation?: string;
  options: { name: string; value: string }[];
  /** AS COPY OF. */
  copyOf?: Name;
}
export interface AlterDatabase extends Span {
  kind: 'alterDatabase';
  /** undefined: CURRENT. */
  name?: Identifier;
  action:
    | { kind: 'rename'; to: Identifier }
    | { kind: 'collate'; collation: string }
    | { kind: 'modify'; options: { name: string; value: string }[] }
    /** SET …: upper-case name, value as text ('ON', 'OFF', '150', ''). */
    | { kind: 'set'; options: { name: string; value: string }[] }
    /** ALTER DATABASE SCOPED CONFIGURATION SET. */
    | { kind: 'scopedConfiguration'; name: string; value: string };
}
export interface DropObject extends Span {
  kind: 'drop';
  object:
    | 'table'
    | 'view'
    | 'procedure'
    | 'function'
    | 'trigger'
    | 'sequence'
    | 'schema'
    | 'type'
    | 'synonym'
    | 'database';
  ifExists: boolean;
  names: Name[];
}
export interface UpdateStatistics extends Span {
  kind: 'updateStatistics';
  table: Name;
}

// ---------------------------------------------------------------- security (DCL)

export type SecurityStatement =
  | CreateUser
  | AlterUser
  | CreateLogin
  | AlterLogin
  | CreateRole
  | AlterRole
  | DropPrincipal
  | Grant
  | Deny
  | Revoke
  | AlterAuthorization
  | ExecuteAs
  | Revert;

export interface CreateUser extends Span {
  kind: 'createUser';
  name: Identifier;
  source:
    /** FROM EXTERNAL PROVIDER [WITH OBJECT_ID = '…']. */
    | { kind: 'externalProvider'; objectId?: string }
    /** WITH SID = 0x…, TYPE = E|X. */
    | { kind: 'sid'; sid: string; type: string }
    | { kind: 'login'; login: Identifier }
    | { kind: 'withoutLogin' }
    /** WITH PASSWORD = '…' [, SID = 0x…]. */
    | { kind: 'password'; password: string; sid?: string }
    /** CREATE USER name alone: for the login of that name. */
    | { kind: 'sameName' };
  /** SID and TYPE where they do not belong together, or not beside this source: the server says so when it runs. */
  misplaced?: { sid?: string; type?: string };
  defaultSchema?: Identifier;
}
export interface AlterUser extends Span {
  kind: 'alterUser';
  name: Identifier;
  newName?: Identifier;
  /** null: DEFAULT_SCHEMA = NULL. */
  defaultSchema?: Identifier | null;
  login?: Identifier;
  password?: string;
  oldPassword?: string;
}
export interface CreateLogin extends Span {
  kind: 'createLogin';
  name: Identifier;
  source:
    | { kind: 'externalProvider'; objectId?: string }
    | { kind: 'password'; password: string; sid?: string };
  /** Further `name = value`, upper-case name. */
  options: { name: string; value: string }[];
}
export interface AlterLogin extends Span {
  kind: 'alterLogin';
  name: Identifier;
  action:
    | { kind: 'enable' }
    | { kind: 'disable' }
    | { kind: 'with'; options: { name: string; value: string }[] };
}
export interface CreateRole extends Span {
  kind: 'createRole';
  name: Identifier;
  owner?: Identifier;
}
export interface AlterRole extends Span {
  kind: 'alterRole';
  /** ALTER SERVER ROLE. */
  server: boolean;
  name: Identifier;
  action:
    | { kind: 'addMember'; member: Identifier }
    | { kind: 'dropMember'; member: Identifier }
    | { kind: 'rename'; to: Identifier };
}
export interface DropPrincipal extends Span {
  kind: 'dropPrincipal';
  principal: 'user' | 'role' | 'login';
  ifExists: boolean;
  name: Identifier;
}
/** `name` upper case, words joined by one blank: SELECT, VIEW DEFINITION, ALTER ANY USER, ALL. */
export interface Permission extends Span {
  kind: 'permission';
  name: string;
  columns: Identifier[];
}
/** ON [class::]name. `class` upper case, words joined by a blank (OBJECT, SCHEMA, DATABASE, USER, ROLE, TYPE …); absent: OBJECT. */
export interface Securable extends Span {
  kind: 'securable';
  class?: string;
  name: Name;
  /** ON OBJECT::t (a, b): column list after the securable. */
  columns: Identifier[];
}
export interface Grant extends Span {
  kind: 'grant';
  permissions: Permission[];
  /** Absent: the current database. */
  on?: Securable;
  to: Identifier[];
  withGrantOption: boolean;
  as?: Identifier;
}
export interface Deny extends Span {
  kind: 'deny';
  permissions: Permission[];
  on?: Securable;
  to: Identifier[];
  cascade: boolean;
  as?: Identifier;
}
export interface Revoke extends Span {
  kind: 'revoke';
  grantOptionFor: boolean;
  permissions: Permission[];
  on?: Securable;
  from: Identifier[];
  cascade: boolean;
  as?: Identifier;
}
export interface AlterAuthorization extends Span {
  kind: 'alterAuthorization';
  on: Securable;
  /** null: SCHEMA OWNER. */
  to: Identifier | null;
}
export interface ExecuteAs extends Span {
  kind: 'executeAs';
  context:
    | { kind: 'user'; user: Expression }
    | { kind: 'login'; login: Expression }
    | { kind: 'caller' | 'self' | 'owner' };
  noRevert: boolean;
  /** WITH COOKIE INTO @v. */
  cookie?: string;
}
export interface Revert extends Span {
  kind: 'revert';
  cookie?: string;
}

// ---------------------------------------------------------------- procedural

export type ProceduralStatement =
  | Declare
  | DeclareCursor
  | SetVariable
  | SetOption
  | SetIsolationLevel
  | SetIdentityInsert
  | SetValue
  | If
  | Block
  | While
  | Break
  | Continue
  | TryCatch
  | Throw
  | Raiserror
  | Print
  | Return
  | Goto
  | Label
  | WaitFor
  | BeginTransaction
  | CommitTransaction
  | RollbackTransaction
  | SaveTransaction
  | Execute
  | ExecuteText
  | Use
  | OpenCursor
  | FetchCursor
  | CloseCursor
  | DeallocateCursor
  | Dbcc
  | Kill
  | Checkpoint;

export interface Declare extends Span {
  kind: 'declare';
  variables: (ScalarDeclaration | TableDeclaration | CursorVariable)[];
}
export interface ScalarDeclaration extends Span {
  kind: 'scalarVariable';
  name: string;
  type: DataType;
  initial?: Expression;
}
export interface TableDeclaration extends Span {
  kind: 'tableVariableDeclaration';
  name: string;
  elements: TableElement[];
}
/** DECLARE @c CURSOR. */
export interface CursorVariable extends Span {
  kind: 'cursorVariable';
  name: string;
}
export interface DeclareCursor extends Span {
  kind: 'declareCursor';
  name: string;
  definition: CursorDefinition;
}
export interface CursorDefinition extends Span {
  kind: 'cursorDefinition';
  /** Upper case: LOCAL, GLOBAL, FORWARD_ONLY, SCROLL, STATIC, KEYSET, DYNAMIC, FAST_FORWARD, READ_ONLY, INSENSITIVE … */
  options: string[];
  with: CommonTable[];
  query: Query;
  /** FOR UPDATE [OF …]; undefined: not written. */
  forUpdate?: Identifier[];
}
export interface SetVariable extends Span {
  kind: 'setVariable';
  variable: string;
  operator: AssignmentOperator;
  value: Expression | CursorDefinition;
}
/** SET option[, option] ON|OFF; upper case, 'STATISTICS IO' as one. */
export interface SetOption extends Span {
  kind: 'setOption';
  options: string[];
  on: boolean;
}
export interface SetIsolationLevel extends Span {
  kind: 'setIsolationLevel';
  level: 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable' | 'snapshot';
}
export interface SetIdentityInsert extends Span {
  kind: 'setIdentityInsert';
  table: Name;
  on: boolean;
}
/** ROWCOUNT, TEXTSIZE, LANGUAGE, DATEFORMAT, DATEFIRST, LOCK_TIMEOUT, DEADLOCK_PRIORITY, CONTEXT_INFO …; a bare word is a string literal. */
export interface SetValue extends Span {
  kind: 'setValue';
  option: string;
  value: Expression;
}
export interface If extends Span {
  kind: 'if';
  condition: Predicate;
  then: Statement;
  otherwise?: Statement;
}
export interface Block extends Span {
  kind: 'block';
  statements: Statement[];
}
export interface While extends Span {
  kind: 'while';
  condition: Predicate;
  body: Statement;
}
export interface Break extends Span {
  kind: 'break';
}
export interface Continue extends Span {
  kind: 'continue';
}
export interface TryCatch extends Span {
  kind: 'tryCatch';
  attempt: Statement[];
  handler: Statement[];
}
/** Without arguments: throw again. */
export interface Throw extends Span {
  kind: 'throw';
  arguments?: { number: Expression; message: Expression; state: Expression };
}
export interface Raiserror extends Span {
  kind: 'raiserror';
  message: Expression;
  severity: Expression;
  state: Expression;
  arguments: Expression[];
  /** Upper case: LOG, NOWAIT, SETERROR. */
  options: string[];
}
export interface Print extends Span {
  kind: 'print';
  value: Expression;
}
export interface Return extends Span {
  kind: 'return';
  value?: Expression;
}
export interface Goto extends Span {
  kind: 'goto';
  label: string;
}
export interface Label extends Span {
  kind: 'label';
  label: string;
}
export interface WaitFor extends Span {
  kind: 'waitFor';
  mode: 'delay' | 'time';
  value: Expression;
}
/** `name`: an identifier's name or a VariableReference. */
export interface BeginTransaction extends Span {
  kind: 'beginTransaction';
  name?: string | VariableReference;
}
export interface CommitTransaction extends Span {
  kind: 'commitTransaction';
  name?: string | VariableReference;
}
export interface RollbackTransaction extends Span {
  kind: 'rollbackTransaction';
  name?: string | VariableReference;
}
export interface SaveTransaction extends Span {
  kind: 'saveTransaction';
  name: string | VariableReference;
}
export interface ExecuteArgument extends Span {
  kind: 'executeArgument';
  /** With its '@'; absent: positional. */
  name?: string;
  /** A literal, a variable, DEFAULT; a bare identifier arrives as a string literal. */
  value: Expression;
  output: boolean;
}
/** EXEC [@status =] procedure arguments. `procedure` is a VariableReference for EXEC @p. */
export interface Execute extends Span {
  kind: 'execute';
  status?: string;
  procedure: Name | VariableReference;
  arguments: ExecuteArgument[];
  /** WITH RECOMPILE / RESULT SETS … as upper-case text. */
  options: string[];
}
/** EXEC ('…' + @v …): the strings to join. */
export interface ExecuteText extends Span {
  kind: 'executeText';
  parts: Expression[];
  /** AS USER = '…'. */
  asUser?: string;
}
export interface Use extends Span {
  kind: 'use';
  database: Identifier;
}
export type CursorName = { kind: 'name'; name: string; global: boolean } | { kind: 'variable'; name: string };
export interface OpenCursor extends Span {
  kind: 'openCursor';
  cursor: CursorName;
}
export interface FetchCursor extends Span {
  kind: 'fetchCursor';
  cursor: CursorName;
  direction: 'next' | 'prior' | 'first' | 'last' | 'absolute' | 'relative';
  /** For absolute and relative. */
  offset?: Expression;
  into: string[];
}
export interface CloseCursor extends Span {
  kind: 'closeCursor';
  cursor: CursorName;
}
export interface DeallocateCursor extends Span {
  kind: 'deallocateCursor';
  cursor: CursorName;
}
/** Parsed so that it can be refused by name. */
export interface Dbcc extends Span {
  kind: 'dbcc';
  command: string;
  arguments: Expression[];
  options: string[];
}
export interface Kill extends Span {
  kind: 'kill';
  session: Expression;
}
export interface Checkpoint extends Span {
  kind: 'checkpoint';
}

// ---------------------------------------------------------------- fragments

/** sp_executesql's second argument: `@a int, @b nvarchar(10) = N'x' output`. */
export type ParameterDefinitions = Parameter[];
