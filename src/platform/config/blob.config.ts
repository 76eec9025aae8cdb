import { z } from 'zod';
import { trueOrFalse, urlOf, variable } from './variable.schema.js';

export const blobVariables = {
  S3_BUCKET: variable(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no bucket name')
      .optional(),
    { form: 'the name of a bucket' },
  ),
  S3_ENDPOINT: urlOf(['http', 'https'], 'https://s3.example').optional(),
  S3_REGION: variable(z.string().min(1).default('us-east-1'), { form: 'a region such as us-east-1' }),
  S3_ACCESS_KEY_ID: variable(z.string().min(1).optional(), { form: 'an access key id', secret: true }),
  S3_SECRET_ACCESS_KEY: variable(z.string().min(1).optional(), { form: 'a secret access key', secret: true }),
  S3_PREFIX: variable(z.string().max(200).default(''), { form: 'the start of every key, such as coorchat/' }),
  S3_FORCE_PATH_STYLE: trueOrFalse(true),
};

export interface S3Config {
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly prefix: string;
  readonly forcePathStyle: boolean;
}

export type BlobConfig =
  { readonly kind: 'files'; readonly directory: string } | { readonly kind: 's3'; readonly s3: S3Config };
