import { describe, expect, it } from 'vitest';
import { html, trusted } from './html.js';

describe('html', () => {
  it('escapes what people wrote, in texts and attributes', () => {
    const name = `<img src=x onerror='a'>"&`;
    expect(html`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&lt;img src=x onerror=&#39;a&#39;&gt;&quot;&amp;">&lt;img src=x onerror=&#39;a&#39;&gt;&quot;&amp;</p>',
    );
  });

  it('nests, joins lists and leaves out what is not there', () => {
    const items = ['a', 'b'].map((item) => html`<li>${item}</li>`);
    const absent = [undefined, false, null] as const;
    expect(html`${items}${absent}${0}${trusted('<hr />')}`.text).toBe('<li>a</li><li>b</li>0<hr />');
  });
});
