import { MAX_PLAN_TASKS, type Plan, planSchema } from '@coorchat/contracts';
import { z } from 'zod';

const text = z.string();
const optional = <T extends z.ZodType>(schema: T) => schema.nullable();

/**
 * A plan in the shape that structured output allows: no maps, no optional fields. Ranges of
 * toolchains are a list, a tool's arguments are JSON text.
 */
export const draftedPlanSchema = z.object({
  tasks: z.array(
    z.object({
      key: text.describe('Lower-case letters, digits and dashes, unique in the plan'),
      kind: z.enum(['agent', 'tool']).describe('agent: an engineer with tools. tool: one tool call without a model'),
      title: text.describe('At most ten words'),
      description: text.describe('All that an engineer needs who sees nothing but this, the request and the code'),
      skill: optional(text).describe('One of the skills listed, or null'),
      dependsOn: z.array(text).describe('Keys of the tasks whose commits or results this one needs'),
      needs: z.object({
        platform: optional(z.enum(['linux', 'windows', 'macos'])),
        labels: z.array(text),
        toolchains: z.array(z.object({ name: text, range: text.describe('Version range such as >=20, or *') })),
      }),
      tool: optional(
        z.object({
          server: optional(text).describe('MCP server, or null for the toolbox'),
          name: text,
          arguments: text.describe('JSON object'),
        }),
      ),
      estimatedCostUsd: optional(z.number()),
    }),
  ),
});
export type DraftedPlan = z.infer<typeof draftedPlanSchema>;
type DraftedTask = DraftedPlan['tasks'][number];

function present<T>(value: T | null): T | undefined {
  return value ?? undefined;
}

function argumentsOf(json: string): unknown {
  return json.trim() === '' ? {} : JSON.parse(json);
}

function plannedTask({ needs, tool, ...task }: DraftedTask) {
  const toolchains = Object.fromEntries(needs.toolchains.map(({ name, range }) => [name, range]));
  return {
    ...task,
    skill: present(task.skill),
    estimatedCostUsd: present(task.estimatedCostUsd),
    needs: {
      platform: present(needs.platform),
      labels: needs.labels.length > 0 ? needs.labels : undefined,
      toolchains: needs.toolchains.length > 0 ? toolchains : undefined,
    },
    tool: tool ? { server: present(tool.server), name: tool.name, arguments: argumentsOf(tool.arguments) } : undefined,
  };
}

export type ReadPlan = { readonly plan: Plan } | { readonly faults: string[] };

/** The model's answer as a plan, or all that is wrong with its form. */
export function readDraft(answer: string): ReadPlan {
  try {
    const draft = draftedPlanSchema.parse(JSON.parse(answer));
    const plan = planSchema.safeParse({ tasks: draft.tasks.map(plannedTask) });
    if (plan.success) return { plan: plan.data };
    return { faults: plan.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  } catch (error) {
    const said = error instanceof z.ZodError ? z.prettifyError(error) : 'it is no JSON of the required form';
    return { faults: [said] };
  }
}

export const PLAN_SIZE_LIMIT = MAX_PLAN_TASKS;
