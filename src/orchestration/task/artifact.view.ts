import type { ArtifactKind, ArtifactView } from '@coorchat/contracts';

export interface ArtifactRow {
  readonly id: string;
  readonly workRequestId: string;
  readonly taskId: string | null;
  readonly attemptId: string | null;
  readonly name: string;
  readonly kind: ArtifactKind;
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: number;
  readonly createdAt: Date;
}

export function artifactView({ createdAt, ...row }: ArtifactRow): ArtifactView {
  return { ...row, createdAt: createdAt.toISOString() };
}
