import { escapeHtml } from '@coorchat/kernel';

/** What a person reads, without form. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  /** Each a paragraph of plain text. */
  readonly paragraphs: readonly string[];
  readonly action?: { readonly label: string; readonly url: string };
  /** Why this mail came, and what to do if it should not have. */
  readonly footer: string;
}

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Names that people chose must not break out of a header or draw in a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

const FONT = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#1f2328";
const BUTTON =
  'display:inline-block;padding:10px 18px;border-radius:6px;background:#0969da;color:#ffffff;text-decoration:none;font-weight:600';

function htmlOf({ subject, paragraphs, action, footer }: Letter): string {
  const body = paragraphs.map((text) => `<p>${escapeHtml(oneLine(text))}</p>`).join('\n');
  const button = action
    ? `<p><a href="${escapeHtml(action.url)}" style="${BUTTON}">${escapeHtml(action.label)}</a></p>
<p style="color:#57606a;font-size:14px">Or open this address: <br>${escapeHtml(action.url)}</p>`
    : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(oneLine(subject))}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;${FONT}">
<div style="max-width:34em;margin:0 auto">
<p style="font-weight:700;font-size:18px">CoorChat</p>
${body}
${button}
<p style="color:#57606a;font-size:14px;border-top:1px solid #d0d7de;padding-top:12px">${escapeHtml(oneLine(footer))}</p>
</div></body></html>
`;
}

export function mailOf(letter: Letter): Mail {
  const { to, subject, paragraphs, action, footer } = letter;
  const link = action ? [`${action.label}:\n${action.url}`] : [];
  const text = [...paragraphs.map(oneLine), ...link, `-- \n${oneLine(footer)}`].join('\n\n');
  return { to, subject: oneLine(subject), text: `${text}\n`, html: htmlOf(letter) };
}
