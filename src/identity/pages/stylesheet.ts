import { createHash } from 'node:crypto';

/** One stylesheet for all pages; the dashboard takes up its variables. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: #f6f8fa; --card: #ffffff; --ink: #1f2328; --quiet: #57606a; --line: #d0d7de; --field-line: #7d8590;
  --accent: #0969da; --on-accent: #ffffff; --accent-hover: #0757b5; --accent-soft: #ddf4ff;
  --good: #1a7f37; --good-soft: #dafbe1; --bad: #b3171f; --bad-soft: #fff0ef; --warn: #7d5400; --warn-soft: #fff8c5;
  --radius: 8px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --ink: #e6edf3; --quiet: #9aa4af; --line: #30363d; --field-line: #768390;
    --accent: #58a6ff; --on-accent: #0d1117; --accent-hover: #8cc2ff; --accent-soft: #0c2a4d;
    --good: #56d364; --good-soft: #0b2e16; --bad: #ff938a; --bad-soft: #3a1416; --warn: #e3b341; --warn-soft: #33270a;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column;
  background: var(--page); color: var(--ink);
  overflow-wrap: break-word;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 12px; z-index: 1; background: var(--card); padding: 8px 12px; border-radius: var(--radius); }
.top { display: flex; align-items: center; justify-content: space-between; gap: 16px; padding: 16px 24px; }
.mark { display: inline-flex; align-items: center; gap: 10px; color: var(--ink); font-weight: 700; font-size: 18px; letter-spacing: -0.01em; text-decoration: none; }
.mark svg { width: 26px; height: 26px; color: var(--accent); flex: none; }
.who { display: flex; align-items: center; gap: 12px; min-width: 0; color: var(--quiet); font-size: 14px; }
.who span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
main { width: 100%; max-width: 440px; margin: 0 auto; padding: 4vh 16px 48px; flex: 1; }
main.wide { max-width: 720px; padding-top: 8px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 28px; }
.card + .card { margin-top: 20px; }
h1 { font-size: 24px; line-height: 1.25; letter-spacing: -0.015em; margin: 0 0 8px; text-wrap: balance; }
h2 { font-size: 18px; line-height: 1.3; margin: 0 0 4px; }
h1:focus { outline: none; }
.card > :last-child { margin-bottom: 0; }
.wide > h1 { margin: 0 0 20px; font-size: 28px; }
p { margin: 0 0 16px; }
.lead, .hint, .quiet { color: var(--quiet); }
.lead { margin-bottom: 24px; }
.hint, .quiet { font-size: 14px; }
.below { margin: 20px 0 0; text-align: center; color: var(--quiet); }
a { color: var(--accent); text-underline-offset: 2px; }
a:hover { color: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
form { margin: 0; }
.field { margin-bottom: 18px; }
.label-row { display: flex; align-items: baseline; justify-content: space-between; gap: 12px; }
label, .label { display: block; font-weight: 600; margin-bottom: 6px; }
.label-row a { font-size: 14px; }
.hint { margin: -2px 0 6px; }
input[type=text], input[type=email], input[type=password], select {
  width: 100%; min-height: 44px; padding: 9px 12px; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--field-line); border-radius: var(--radius);
}
input:focus-visible, select:focus-visible { outline-offset: 0; border-color: var(--accent); }
input[aria-invalid=true] { border-color: var(--bad); border-width: 2px; padding: 8px 11px; }
input.code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 20px; letter-spacing: 0.12em; }
.fault { color: var(--bad); font-size: 14px; font-weight: 600; margin: 6px 0 0; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-height: 44px; padding: 9px 18px;
  font: inherit; font-weight: 600; border-radius: var(--radius); border: 1px solid var(--accent); cursor: pointer;
  background: var(--accent); color: var(--on-accent); text-decoration: none;
}
button:hover, .button:hover { background: var(--accent-hover); border-color: var(--accent-hover); color: var(--on-accent); }
button:focus-visible, .button:focus-visible { border-radius: var(--radius); }
button.second, .button.second { background: transparent; border-color: var(--field-line); color: var(--ink); }
button.second:hover, .button.second:hover { background: var(--page); border-color: var(--ink); color: var(--ink); }
button.danger { background: transparent; border-color: var(--bad); color: var(--bad); }
button.danger:hover { background: var(--bad-soft); color: var(--bad); border-color: var(--bad); }
button.small, .button.small { min-height: 36px; padding: 5px 12px; font-size: 14px; }
button.plain { background: none; border: 0; padding: 0; min-height: 24px; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: 2px; }
button.plain:hover { color: var(--accent-hover); }
button.full, .button.full { width: 100%; }
button[disabled] { opacity: 0.6; cursor: default; }
.actions { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 24px; }
.actions > * { flex: 1 1 140px; }
.or { display: flex; align-items: center; gap: 12px; margin: 20px 0; color: var(--quiet); font-size: 14px; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.notice { border: 1px solid var(--line); border-left-width: 4px; border-radius: var(--radius); padding: 12px 14px; margin: 0 0 20px; }
.notice > :last-child { margin-bottom: 0; }
.notice h2 { font-size: 16px; }
.notice.bad { border-color: var(--bad); background: var(--bad-soft); }
.notice.good { border-color: var(--good); background: var(--good-soft); }
.notice.warn { border-color: var(--warn); background: var(--warn-soft); }
.notice ul { margin: 4px 0 0; padding-left: 20px; }
.notice.bad a { color: var(--bad); }
.rows { list-style: none; margin: 16px 0 0; padding: 0; border-top: 1px solid var(--line); }
.rows > li { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; padding: 12px 0; border-bottom: 1px solid var(--line); }
.rows > li > div { min-width: 0; flex: 1 1 220px; overflow-wrap: anywhere; }
.rows strong { font-weight: 600; }
.rows + *, .facts + * { margin-top: 20px; }
.tag { display: inline-block; padding: 1px 8px; border-radius: 999px; background: var(--accent-soft); color: var(--ink); font-size: 13px; font-weight: 400; margin-left: 6px; }
.tag.good { background: var(--good-soft); }
.facts { margin: 16px 0 0; display: grid; grid-template-columns: minmax(110px, max-content) 1fr; gap: 8px 16px; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scopes { margin: 12px 0 20px; padding: 0; list-style: none; }
.scopes li { padding: 8px 0 8px 28px; position: relative; border-bottom: 1px solid var(--line); }
.scopes.short { margin: 4px 0 0; font-size: 14px; }
.scopes.short li { padding: 2px 0 2px 24px; border: 0; }
.scopes.short li::before { top: 6px; height: 9px; width: 5px; }
.scopes li::before { content: ""; position: absolute; left: 6px; top: 14px; width: 6px; height: 11px; border: solid var(--good); border-width: 0 2px 2px 0; transform: rotate(45deg); }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.94em; overflow-wrap: anywhere; }
.codes { columns: 2; list-style: none; margin: 0 0 20px; padding: 16px; background: var(--page); border: 1px solid var(--line); border-radius: var(--radius); }
.codes li { padding: 3px 0; white-space: nowrap; }
.qr { width: 200px; height: 200px; margin: 0 auto 16px; padding: 8px; background: #ffffff; border-radius: var(--radius); border: 1px solid var(--line); }
.qr svg { display: block; width: 100%; height: 100%; }
.user-code { font-size: 26px; letter-spacing: 0.12em; text-align: center; padding: 12px; background: var(--page); border: 1px solid var(--line); border-radius: var(--radius); margin: 0 0 20px; }
ol.steps { margin: 0 0 20px; padding-left: 20px; }
ol.steps li { margin-bottom: 8px; }
.narrow { max-width: 360px; }
.actions.start > * { flex: 0 0 auto; }
.rows:last-child > li:last-child { border-bottom: 0; padding-bottom: 0; }
fieldset { border: 0; padding: 0; margin: 0 0 18px; min-width: 0; }
legend { padding: 0; }
.boxes { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px 16px; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); }
.boxes.single { grid-template-columns: 1fr; }
.boxes label { display: flex; align-items: center; gap: 8px; margin: 0; min-height: 28px; font-weight: 400; overflow-wrap: anywhere; }
@supports selector(:has(*)) {
  fieldset:not(:has([value=some]:checked)) .some { display: none; }
}
.some { margin: 4px 0 0 26px; }
input[type=checkbox], input[type=radio] { width: 18px; height: 18px; margin: 0; accent-color: var(--accent); flex: none; }
footer { padding: 16px 24px 24px; text-align: center; color: var(--quiet); font-size: 14px; }
@media (max-width: 480px) {
  .top { padding: 14px 16px; }
  main { padding-top: 8px; }
  .card { padding: 20px; }
  .who span { display: none; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 10px; }
}
@media (max-width: 360px) { .codes { columns: 1; } }
@media (forced-colors: active) { button, .button { border: 2px solid; } }
`.trimStart();

function nameOf(content: string, ending: string): string {
  return `/auth/assets/${createHash('sha256').update(content).digest('hex').slice(0, 16)}.${ending}`;
}

/** Changes with its content, so that browsers may keep it for ever. */
export const STYLESHEET_PATH = nameOf(STYLESHEET, 'css');

/** The one script: passkeys need the browser's help. Everything else works without. */
export const PASSKEY_SCRIPT = `'use strict';
(() => {
  const form = document.querySelector('form[data-passkey]');
  const button = form && form.querySelector('button');
  if (!button) return;
  const status = document.getElementById('passkey-status');
  const say = (text) => { status.textContent = text; status.hidden = text === ''; };
  const supported = typeof PublicKeyCredential === 'function' &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';
  if (!supported) return;
  form.hidden = false;

  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json', 'x-csrf-token': form.elements.csrf.value };
    const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.message || 'That did not work. Load the page again.');
    return answer;
  };

  const ask = (options) => form.dataset.passkey === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    say('Follow your browser.');
    try {
      const { options } = await post(form.dataset.options, {});
      const credential = await ask(options);
      const fields = Object.fromEntries(new FormData(form));
      const { location: next } = await post(form.getAttribute('action'), { ...fields, response: credential.toJSON() });
      window.location.assign(next);
    } catch (error) {
      const gaveUp = error.name === 'NotAllowedError' || error.name === 'AbortError';
      const known = error.name === 'InvalidStateError';
      say(gaveUp ? 'Nothing was chosen. You can try again.' : known ? 'This device has a passkey for you already.' : error.message);
      button.disabled = false;
    }
  });
})();
`;

export const PASSKEY_SCRIPT_PATH = nameOf(PASSKEY_SCRIPT, 'js');
