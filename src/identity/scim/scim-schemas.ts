import SCIMMY from 'scimmy';

// For the whole process: what resources look like is the same for every organization. Handlers of the library are not used.
SCIMMY.Config.set({
  patch: true,
  filter: { supported: true, maxResults: 200 },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A directory token of the organization',
      primary: true,
    } as never,
  ],
} as never);
SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false));
SCIMMY.Resources.declare(SCIMMY.Resources.Group);

export { SCIMMY };

export type ScimResource = Record<string, unknown>;

export function plain(value: object): ScimResource {
  return JSON.parse(JSON.stringify(value)) as ScimResource;
}

export function scimError(
  status: 400 | 401 | 403 | 404 | 409 | 500 | 501,
  type: string | null,
  message: string,
): Error {
  return new SCIMMY.Types.Error(status, type as never, message);
}

/** What the library throws for bad input carries a status. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  return error instanceof SCIMMY.Types.Error && Number.isInteger(Number(status)) ? Number(status) : undefined;
}

/** Those that a filter means; all without one. */
export function filtered(resources: ScimResource[], filter: string | undefined): ScimResource[] {
  if (filter === undefined) return resources;
  try {
    return new SCIMMY.Types.Filter(filter).match(resources);
  } catch {
    throw scimError(400, 'invalidFilter', 'The filter is not understood.');
  }
}
