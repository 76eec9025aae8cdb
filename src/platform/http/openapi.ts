import { problemSchema } from '@coorchat/contracts';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { addProblems, problemComponents } from './openapi-responses.js';
import { FOR_PERSONS } from './operation.decorator.js';
import { accessText, securityOf, securitySchemes } from './openapi-security.js';
import { PublicUrl } from './public-url.js';
import type { BookedRoute, RouteBook } from './route-book.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type RouteAccessConfig = BookedRoute['config'];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return rest;
}

function convert(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  return schema instanceof z.ZodType ? { schema: jsonSchema(schema, schemaType) } : undefined;
}

function complete(operation: Operation, config: RouteAccessConfig): void {
  const { access } = config;
  const isForKeys = !Object.hasOwn(operation, FOR_PERSONS);
  operation.security = access ? securityOf({ access, isForKeys }) : [];
  const said = access ? accessText(access) : config.public && `Public: ${config.public}.`;
  operation.description = [operation.description, said].filter(Boolean).join('\n\n');
  // For programs: any one of these permissions, or scopes of workers, is enough.
  Object.assign(operation, { 'x-coorchat-access': access ?? [] });
  addProblems(operation, config);
}

/** OpenAPI 3.1 of all controllers; the same zod schemas check the requests. */
export function openApiDocument(app: INestApplication, routes: RouteBook): OpenAPIObject {
  const publicUrl = app.get(PublicUrl, { strict: false }).value;
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('CoorChat')
    .setDescription('Submit work, follow it, and manage the machines that do it.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(publicUrl);
  const document = SwaggerModule.createDocument(app, builder.build(), { standardSchemaConverter: convert });
  const { schemas } = document.components ?? {};
  document.components = {
    ...document.components,
    ...problemComponents(),
    schemas: { ...schemas, Problem: jsonSchema(problemSchema, 'output') },
    securitySchemes: securitySchemes(publicUrl),
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      const access = routes.configOf(method, path.replace(/\{(\w+)\}/g, ':$1'));
      if (operation) complete(operation, access ?? {});
    }
  }
  return document;
}
