import { z } from 'zod';
import { urlOf, variable } from './variable.schema.js';

export const httpVariables = {
  COORCHAT_HOST: variable(z.string().min(1).default('127.0.0.1'), {
    form: 'an address to listen on, such as 127.0.0.1',
  }),
  COORCHAT_PORT: variable(
    z
      .string()
      .regex(/^\d+$/, 'is not a whole number')
      .transform(Number)
      .pipe(z.number().max(65_535, 'is too large'))
      .default(7070),
    { form: 'a whole number from 0 to 65535 (0 takes a free port)' },
  ),
  COORCHAT_PUBLIC_URL: urlOf(['http', 'https'], 'https://coorchat.example').optional(),
};
