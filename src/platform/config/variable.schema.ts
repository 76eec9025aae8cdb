import { z } from 'zod';

/** What the reader of an error message needs to know of one environment variable. */
export interface VariableForm {
  /** Completes "expected …". */
  readonly form: string;
  /** A secret's value is never shown. */
  readonly secret?: boolean;
}

/** Attaches the expected form to a variable's schema; shown when the value is malformed. */
export function variable<T extends z.ZodType>(schema: T, form: VariableForm): T {
  return schema.meta({ ...form });
}

export function formOf(schema: z.ZodType): VariableForm {
  const meta = schema.meta();
  if (!meta && (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)) {
    return formOf(schema.unwrap() as z.ZodType);
  }
  return {
    form: typeof meta?.['form'] === 'string' ? meta['form'] : 'another value',
    secret: meta?.['secret'] === true,
  };
}

export function wholeNumber(range: { min: number; max: number; fallback: number; unit?: string }) {
  const unit = range.unit ? ` ${range.unit}` : '';
  const schema = z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(range.min, 'is too small').max(range.max, 'is too large'))
    .default(range.fallback);
  return variable(schema, { form: `a whole number of${unit || ' units'} from ${range.min} to ${range.max}` });
}

export function trueOrFalse(fallback: boolean) {
  const schema = z
    .enum(['true', 'false'], 'is neither true nor false')
    .transform((text) => text === 'true')
    .default(fallback);
  return variable(schema, { form: 'true or false' });
}

export function usd(fallback: number) {
  const schema = z
    .string()
    .regex(/^\d+(\.\d{1,6})?$/, 'is not an amount of money')
    .transform(Number)
    .pipe(z.number().max(1_000_000, 'is too large'))
    .default(fallback);
  return variable(schema, { form: 'an amount in US dollars such as 5 or 0.25' });
}

export function urlOf(protocols: readonly string[], example: string, options: { secret?: boolean } = {}) {
  const schema = z
    .string()
    .refine((text) => URL.canParse(text), 'is not a URL')
    .refine(
      (text) => !URL.canParse(text) || protocols.includes(new URL(text).protocol.slice(0, -1)),
      `does not start with ${protocols.map((name) => `${name}://`).join(' or ')}`,
    );
  return variable(schema, { form: `a URL such as ${example}`, secret: options.secret ?? false });
}
