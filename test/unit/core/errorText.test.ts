// What of a failure may be written to the log, and what of it may be shown where VS Code turns text into links.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { logText, withoutIcons, withoutLinks } from '../../../src/core/errorText.ts';

describe('logText', () => {
  it('names a server error by its number: its words may hold a value of a row', () => {
    const message = 'Cannot insert duplicate key row. The duplicate key value is (ada@contoso.example).';
    const server = { number: 2627, state: 1, class: 14, line: 3, message };
    assert.equal(
      logText(new AppError('duplicateKey', message, { server })),
      'duplicateKey: error 2627, level 14, state 1, line 3',
    );
  });

  it('keeps our own words', () => {
    assert.equal(logText(new AppError('signInRequired', 'Sign in again.')), 'signInRequired: Sign in again.');
  });
});

describe('withoutLinks', () => {
  it('leaves nothing that VS Code would make a link that runs a command', () => {
    const text = withoutLinks(
      'Duplicate key ([Fix](command:workbench.action.terminal.new)) [x](https://evil.example)',
    );
    assert.ok(!/\[[^\]]+\]\((https?:\/\/|command:|file:)/i.test(text), text);
    assert.equal(
      text,
      'Duplicate key ([Fix] (command:workbench.action.terminal.new)) [x] (https://evil.example)',
    );
  });

  it('leaves other texts alone', () => {
    assert.equal(withoutLinks("Invalid object name '[dbo].[user]'."), "Invalid object name '[dbo].[user]'.");
  });
});

describe('withoutIcons', () => {
  it('leaves nothing that VS Code would draw as an icon, and looks the same', () => {
    const text = withoutIcons('$(trash) app\\$(flame~spin)$($(key))');
    assert.ok(!/\$\([a-z0-9-]+(~[a-z]+)?\)/i.test(text), text);
    assert.equal(text.replaceAll('\u200b', ''), '$(trash) app\\$(flame~spin)$($(key))');
    assert.equal(withoutIcons('costs $5 (net)'), 'costs $5 (net)');
  });
});
