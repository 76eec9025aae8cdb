import { describe, expect, it } from 'vitest';
import { submitFault } from './cluster.rules.js';

const open = { id: 'clu_x', submitters: ['owner', 'program'], skills: ['*'], isEnding: false };

describe('a cluster', () => {
  it.each([
    [open, { role: 'owner', skills: ['go'] }, undefined],
    [open, { role: undefined, skills: [] }, undefined],
    [open, { role: 'developer', skills: [] }, 'tenancy.submitter_refused'],
    [{ ...open, submitters: ['owner'] }, { role: undefined, skills: [] }, 'tenancy.submitter_refused'],
    [{ ...open, skills: ['go'] }, { role: 'owner', skills: ['go'] }, undefined],
    [{ ...open, skills: ['go'] }, { role: 'owner', skills: ['go', 'rust'] }, 'tenancy.skills_refused'],
    [{ ...open, skills: [] }, { role: 'owner', skills: ['go'] }, 'tenancy.skills_refused'],
    [open, { role: 'owner', skills: [null] }, undefined],
    [{ ...open, skills: ['go'] }, { role: 'owner', skills: ['go', null] }, 'tenancy.skills_refused'],
    [{ ...open, isEnding: true }, { role: 'owner', skills: [] }, 'tenancy.organization_ending'],
  ])('%j takes %j: %s', (policy, submission, code) => {
    expect(submitFault(policy, submission)?.code).toBe(code);
  });
});
