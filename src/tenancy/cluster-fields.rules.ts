import type { UpdateCluster } from '@coorchat/contracts';
import { usdToMicros } from '@coorchat/kernel';

type Policy = Omit<UpdateCluster, 'isDefault' | 'defaultMaxCostUsd'> & { readonly defaultMaxCostMicros?: number };

/** What is to be written; money in micros. */
export function clusterFields({ isDefault: _default, defaultMaxCostUsd, ...rest }: UpdateCluster): Policy {
  return { ...rest, ...(defaultMaxCostUsd !== undefined && { defaultMaxCostMicros: usdToMicros(defaultMaxCostUsd) }) };
}
