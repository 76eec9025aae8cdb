import { type Fragment, type Html, html } from './html.js';
import { csrfField } from './layout.view.js';

/** What is wrong with a form, by field; `form` is about all of it. */
export type Faults = Readonly<Partial<Record<string, string>>>;

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password';
  readonly value?: string | undefined;
  readonly autocomplete: string;
  readonly hint?: string;
  readonly inputmode?: 'numeric' | 'email' | 'text';
  readonly maxlength?: number;
  /** Beside the label. */
  readonly aside?: Html;
  readonly isCode?: boolean;
  readonly isFirst?: boolean;
}

/** A labelled field with its hint and fault. */
export function field(spec: Field, faults: Faults): Html {
  const { name, label, type = 'text', value, autocomplete, hint, inputmode, aside } = spec;
  const maxlength = spec.maxlength ?? (type === 'password' ? 1_000 : 200);
  const fault = faults[name];
  const described = [hint && `${name}-hint`, fault && `${name}-fault`].filter(Boolean).join(' ');
  const heading = html`<label for="${name}">${label}</label>`;
  return html`<div class="field">
    ${aside ? html`<div class="label-row">${heading}${aside}</div>` : heading}
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      maxlength="${maxlength}"
      required
      ${spec.isCode && html` class="code"`}${inputmode && html` inputmode="${inputmode}"`}${described !== '' && html` aria-describedby="${described}"`}${fault && html` aria-invalid="true"`}${spec.isFirst && Object.keys(faults).length === 0 && html` autofocus`}
    />
    ${fault && html`<p class="fault" id="${name}-fault">${fault}</p>`}
  </div>`;
}

function faultLine([name, message]: [string, string | undefined]): Fragment {
  return name === 'form' ? html`<li>${message}</li>` : html`<li><a href="#${name}">${message}</a></li>`;
}

/** All faults at the top, each a link to its field; read out at once. */
export function faultSummary(faults: Faults): Fragment {
  const entries = Object.entries(faults);
  if (entries.length === 0) return undefined;
  return html`<div class="notice bad" role="alert" id="faults">
    <h2>Please check this</h2>
    <ul>
      ${entries.map(faultLine)}
    </ul>
  </div>`;
}

export function notice(kind: 'good' | 'warn', text: Fragment): Html {
  return html`<div class="notice ${kind}" role="status"><p>${text}</p></div>`;
}

/** "in 4 minutes" */
export function waitText(waitMs: number): string {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  return `Too many tries. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
}

export interface Action {
  readonly csrf: string;
  readonly path: string;
  readonly label: string;
  /** Read out in place of the label, which would be the same in each row. */
  readonly full?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly look?: 'second' | 'danger';
}

/** A form that is one button. */
export function action({ csrf, path, label, full, fields = {}, look = 'second' }: Action): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form method="post" action="${path}">
    ${csrfField(csrf)}${hidden}
    <button class="${look} small" ${full !== undefined && html`aria-label="${full}"`}>${label}</button>
  </form>`;
}

const WHEN = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

export function time(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${WHEN.format(at)} UTC</time>`;
}
