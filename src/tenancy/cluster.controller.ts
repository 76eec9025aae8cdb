import {
  clusterListSchema,
  type ClusterView,
  clusterViewSchema,
  type CreateCluster,
  createClusterSchema,
  idSchema,
  type UpdateCluster,
  updateClusterSchema,
} from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Access, Operation, Tenant } from '../platform/http/index.js';
import { ClusterAdmin } from './cluster-admin.service.js';

const clusterId = idSchema('cluster');

@ApiTags('Clusters')
@Controller('v1/clusters')
export class ClusterController {
  constructor(private readonly clusters: ClusterAdmin) {}

  @Get()
  @Access('organization:read')
  @Operation({ summary: 'List clusters, the default one first', response: clusterListSchema })
  async list(@Tenant() ctx: TenantContext): Promise<{ items: ClusterView[] }> {
    return { items: await this.clusters.list(ctx) };
  }

  @Post()
  @Access('cluster:admin')
  @Operation({ summary: 'Create a cluster', status: 201, response: clusterViewSchema })
  create(
    @Tenant() ctx: TenantContext,
    @Body({ schema: createClusterSchema }) body: CreateCluster,
  ): Promise<ClusterView> {
    return this.clusters.create(ctx, body);
  }

  @Patch(':id')
  @Access('cluster:admin')
  @Operation({
    summary: 'Change a cluster’s name or policy, or make it the default one',
    response: clusterViewSchema,
  })
  update(
    @Tenant() ctx: TenantContext,
    @Param('id', { schema: clusterId }) id: string,
    @Body({ schema: updateClusterSchema }) body: UpdateCluster,
  ): Promise<ClusterView> {
    return this.clusters.update(ctx, id, body);
  }

  @Delete(':id')
  @Access('cluster:admin')
  @Operation({
    summary: 'Delete a cluster',
    description: 'One without workers and open work, which is not the default one.',
    status: 204,
  })
  remove(@Tenant() ctx: TenantContext, @Param('id', { schema: clusterId }) id: string): Promise<void> {
    return this.clusters.remove(ctx, id);
  }
}
