// Drives the workbench as a person would: keyboard, quick inputs, trees, dialogs, notifications, editors and webviews.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';

export class WorkbenchDriver {
  readonly page: Page;
  private readonly shots: string;
  private shotCount = 0;

  constructor(page: Page, shots: string) {
    this.page = page;
    this.shots = shots;
    fs.mkdirSync(shots, { recursive: true });
  }

  async open(url: string, folder?: string): Promise<void> {
    await this.page.goto(folder ? `${url}/?folder=${encodeURIComponent(folder)}` : url, {
      waitUntil: 'domcontentloaded',
    });
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.statusbar').waitFor();
  }

  /** Numbered, so that the files tell the journey in order. Returns the file. */
  async shot(name: string): Promise<string> {
    // Menus and toasts fade in and out.
    await this.page.waitForTimeout(300);
    const file = path.join(this.shots, `${String(++this.shotCount).padStart(2, '0')}-${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Runs a command by its full title, e.g. "Passwordless SQL: Add Connection…". */
  async command(title: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        await input.fill(`>${title}`, { timeout: 2500 });
        break;
      } catch (error) {
        // An editor that has just been closed may take the focus once more, and the box closes with that: a person presses again.
        if (attempt === 3) throw error;
      }
    }
    const row = this.quickInput.locator('.monaco-list-row').filter({ hasText: title }).first();
    await row.waitFor();
    await row.click();
  }

  /** The quick input that shows `text` (title, placeholder or prompt). */
  async step(text: string): Promise<Locator> {
    const shown = this.page.locator('.quick-input-widget:visible', { hasText: text });
    const held = this.page.locator(
      `.quick-input-widget:visible:has(input[placeholder*="${text.replaceAll('"', '\\"')}"])`,
    );
    await shown.or(held).first().waitFor();
    return this.quickInput;
  }

  /** Fills the text box of the current step and accepts it. */
  async type(text: string, accept = true): Promise<void> {
    const input = this.quickInput.locator('input[type="text"], input:not([type])').first();
    await input.waitFor();
    await input.fill(text);
    if (accept) await this.page.keyboard.press('Enter');
  }

  /** Whether the current quick input shows `text` now, without waiting. */
  async has(text: string): Promise<boolean> {
    return this.page.locator('.quick-input-widget:visible', { hasText: text }).isVisible();
  }

  /** What stands in the text box of the current step. */
  async inputText(): Promise<string> {
    return this.quickInput.locator('input[type="text"], input:not([type])').first().inputValue();
  }

  /** Picks a row of the current quick pick. */
  async pick(text: string): Promise<void> {
    const row = this.quickInput.locator('.monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Ticks rows of a multi-select quick pick, unticks all others, and accepts. */
  async tick(...texts: string[]): Promise<void> {
    const rows = this.quickInput.locator('.monaco-list-row');
    await rows.first().waitFor();
    for (let index = 0; index < (await rows.count()); index++) {
      const row = rows.nth(index);
      const box = row.locator('[role="checkbox"], input[type="checkbox"]').first();
      if ((await box.count()) === 0) continue;
      const label = await row.innerText();
      const wanted = texts.some((text) => label.includes(text));
      const ticked =
        (await row.getAttribute('aria-checked')) === 'true' || (await box.isChecked().catch(() => false));
      if (wanted !== ticked) await row.click();
    }
    await this.page.keyboard.press('Enter');
  }

  /** Waits until no quick input is open. */
  async noQuickInput(): Promise<void> {
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /** Text of the validation message under the current input box. */
  validation(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-message');
  }

  async activity(name: string): Promise<void> {
    const tab = this.page.getByRole('tab', { name }).first();
    await tab.waitFor();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
  }

  treeItem(text: string | RegExp): Locator {
    return this.page.locator('.sidebar').getByRole('treeitem').filter({ hasText: text }).first();
  }

  async expand(text: string | RegExp): Promise<void> {
    const item = this.treeItem(text);
    await item.waitFor();
    if ((await item.getAttribute('aria-expanded')) === 'false') {
      await item.click();
      await this.page.keyboard.press('ArrowRight');
    }
  }

  async collapse(text: string | RegExp): Promise<void> {
    const item = this.treeItem(text);
    await item.click();
    if ((await item.getAttribute('aria-expanded')) === 'true') await this.page.keyboard.press('ArrowLeft');
    await item.and(this.page.locator('[aria-expanded="false"]')).waitFor();
  }

  async contextMenu(item: Locator, label: string): Promise<void> {
    await item.click({ button: 'right' });
    const entry = this.page.locator('.monaco-menu').getByRole('menuitem', { name: label }).first();
    await entry.waitFor();
    // A menu ignores the mouse for its first 100 ms, so that the click which opened it chooses nothing.
    await this.page.waitForTimeout(200);
    await entry.click();
    await entry.waitFor({ state: 'hidden' });
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text }).first();
  }

  async notificationButton(text: string | RegExp, button: string): Promise<void> {
    const toast = this.notification(text);
    await toast.waitFor();
    await toast.getByRole('button', { name: button }).click();
  }

  async clearNotifications(): Promise<void> {
    await this.command('Notifications: Clear All Notifications');
    await this.page.locator('.notifications-toasts .notification-toast').first().waitFor({ state: 'hidden' });
  }

  /** The modal dialog that shows `text`. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text }).first();
  }

  async dialogButton(text: string | RegExp, button: string): Promise<void> {
    const dialog = this.dialog(text);
    await dialog.waitFor();
    await dialog.getByRole('button', { name: button, exact: true }).click();
  }

  /** Answers VS Code's question whether the extension may use an account, if it comes within `ms`. */
  async allowSignIn(ms = 5000): Promise<boolean> {
    const dialog = this.dialog(/wants to (sign in|access)/);
    const came = await dialog.waitFor({ timeout: ms }).then(
      () => true,
      () => false,
    );
    if (came) await dialog.getByRole('button', { name: 'Allow', exact: true }).click();
    return came;
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  /** Writes into the active text editor at its end, as typed text without auto-closing surprises: through the clipboard. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((value) => navigator.clipboard.writeText(value), text);
    await this.page.keyboard.press('ControlOrMeta+V');
  }

  /** Replaces the text of the active editor. */
  async setEditorText(text: string): Promise<void> {
    await this.page.locator('.editor-group-container.active .monaco-editor').first().click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.paste(text);
  }

  /** Text of the visible part of the active editor. */
  async editorText(): Promise<string> {
    const lines = await this.page.locator('.editor-group-container.active .view-lines').first().innerText();
    return lines.replaceAll('\u00a0', ' ');
  }

  /** Content of the extension's visible webview. */
  webview(extensionId: string): FrameLocator {
    return this.page
      .frameLocator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`)
      .first()
      .frameLocator('#active-frame');
  }

  /** Fails when anything went wrong in the workbench itself: an error notification nobody expected. */
  async noErrors(): Promise<void> {
    const errors = this.page.locator('.notification-toast:has(.codicon-error)');
    const texts = await errors.allInnerTexts();
    assert.deepEqual(texts, [], 'unexpected error notifications');
  }
}
