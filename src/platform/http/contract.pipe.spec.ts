import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ContractPipe } from './contract.pipe.js';

const schema = z.object({ plan: z.union([z.object({ tasks: z.array(z.string()).max(1) }), z.string()]) });
const check = (plan: unknown) => new ContractPipe().transform({ plan }, { type: 'body', schema });

describe('a value that may have one of several forms', () => {
  it('is told what is wrong with the form that it has', async () => {
    await expect(check({ tasks: ['a', 'b'] })).rejects.toMatchObject({
      code: 'http.invalid_body',
      details: { issues: [{ path: 'plan.tasks', message: expect.stringContaining('<=1') }] },
    });
  });

  it('is told all forms when it has none', async () => {
    await expect(check(5)).rejects.toThrow(/plan: .*expected object.*, or .*expected string/);
  });
});
