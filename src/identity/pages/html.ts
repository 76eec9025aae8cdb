import { escapeHtml } from '@coorchat/kernel';

/** Markup that is safe to put into a page. Only `html` and `trusted` make it. */
export class Html {
  constructor(readonly text: string) {}
}

export type Fragment = Html | string | number | null | undefined | false | readonly Fragment[];

function render(value: Fragment): string {
  if (value instanceof Html) return value.text;
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Values are escaped, in texts and in quoted attributes; nested `html` is not escaped again. */
export function html(strings: TemplateStringsArray, ...values: Fragment[]): Html {
  return new Html(strings.reduce((sofar, part, index) => sofar + render(values[index - 1]) + part));
}

/** For markup that a library made out of nothing a person wrote. */
export function trusted(text: string): Html {
  return new Html(text);
}
