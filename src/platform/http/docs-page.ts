import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { publicConfig } from './access.decorator.js';

const REASON = 'documentation of the API, the same for everyone';
const ASSETS = /^swagger-ui(-bundle|-standalone-preset)?\.(js|css)$|^favicon-\d+x\d+\.png$/;
const PAGE_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CoorChat API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START =
  "window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: false, validatorUrl: null });\n";

/** Serves `/openapi.json`, made at the first request, and the page at `/docs`. */
export function addDocs(server: FastifyInstance, document: () => OpenAPIObject): void {
  const config = publicConfig(REASON);
  let text: string | undefined;
  server.get('/openapi.json', { config }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((text ??= JSON.stringify(document()))),
  );
  server.get('/docs', { config }, (_request, reply) =>
    reply.header('content-security-policy', PAGE_CSP).type('text/html; charset=utf-8').send(PAGE),
  );
  server.get('/docs/start.js', { config }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START),
  );
  addAssets(server);
}

function addAssets(server: FastifyInstance): void {
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  void server.register(fastifyStatic, { root, serve: false, decorateReply: true });
  server.get<{ Params: { file: string } }>('/docs/assets/:file', { config: publicConfig(REASON) }, (request, reply) =>
    ASSETS.test(request.params.file)
      ? reply.sendFile(request.params.file, { maxAge: 86_400_000 })
      : reply.callNotFound(),
  );
}
