// The HTML of the results page: a fixed skeleton under a strict content security policy; everything else comes as state.

export interface PageSources {
  script: string;
  style: string;
  cspSource: string;
  nonce: string;
}

export function resultsPage({ script, style, cspSource, nonce }: PageSources): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource};">
  <link rel="stylesheet" href="${style}">
  <title>Query results</title>
</head>
<body data-phase="idle">
  <header class="bar">
    <h1 class="live">Query results</h1>
    <div class="facts">
      <span id="spinner" hidden></span>
      <span id="phase">Ready</span>
      <span id="elapsed"></span>
      <span id="rows"></span>
      <span id="transaction" hidden></span>
      <span id="connection"></span>
    </div>
    <div class="actions" role="toolbar" aria-label="Query">
      <button id="cancel" type="button" hidden>Cancel</button>
      <button id="again" type="button" title="Run the same text again" hidden>Run Again</button>
      <button id="copy" type="button" title="Copy the selected cells (Ctrl+C); with Shift, with headers" disabled>Copy</button>
      <button id="export" type="button" title="Save this result as CSV or JSON" disabled>Export…</button>
    </div>
  </header>
  <div id="banner" class="banner" role="alert" hidden>
    <span id="banner-text"></span>
    <span id="remedies"></span>
    <button id="dismiss" type="button" aria-label="Dismiss">✕</button>
  </div>
  <main>
    <div id="tabs" class="tabs" role="tablist" aria-label="Results" hidden></div>
    <div id="panels" class="panels"></div>
    <div id="empty" class="empty">
      <p>The results appear here.</p>
      <p>Run the query with <kbd>Ctrl+Shift+E</kbd>, or with the links above each batch.</p>
    </div>
  </main>
  <div id="live" class="live" role="status" aria-live="polite"></div>
  <script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
