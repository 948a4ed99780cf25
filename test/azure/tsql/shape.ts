// For the parser's tests: a tree as one readable line, without positions and without what is empty.

/** Fields whose false says something that their absence does not. */
const telling: ReadonlySet<string> = new Set(['nullable', 'clustered', 'on', 'enable', 'enabled', 'primary']);

/** `kind(field: value …)`; names as written, lists in [], absent, false and empty fields left out. */
export function shape(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shape).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const node: Record<string, unknown> = { ...value };
  const { kind } = node;
  if (kind === 'identifier')
    return node['quoted'] === true ? `[${String(node['name'])}]` : String(node['name']);
  if (kind === 'name' && Array.isArray(node['parts'])) return node['parts'].map(shape).join('.');
  if (kind === 'column' && node['ifExists'] === undefined) return shape(node['name']);
  if (kind === 'variable' || kind === 'global') return String(node['name']);
  if (kind === 'number') return `${String(node['form'])}:${String(node['text'])}`;
  if (kind === 'string') return `${node['national'] === true ? 'N' : ''}'${String(node['value'])}'`;
  if (kind === 'expressionItem' && node['alias'] === undefined) return shape(node['expression']);
  if (kind === 'indexColumn') return `${shape(node['name'])}${node['descending'] === true ? ' desc' : ''}`;
  if (kind === 'table' && node['alias'] === undefined && isEmpty(node['hints']) && node['name'] !== undefined)
    return shape(node['name']);
  if (kind === 'dataType') return JSON.stringify(node['system'] ?? shape(node['name'])).replaceAll('"', '');
  const fields = Object.entries(node).filter(
    ([key, field]) =>
      !['kind', 'line', 'start', 'end'].includes(key) &&
      (!isEmpty(field) || (field === false && telling.has(key))),
  );
  const text = fields.map(([key, field]) => `${key}: ${shape(field)}`).join(' ');
  return typeof kind === 'string' ? `${kind}(${text})` : `{${text}}`;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}
