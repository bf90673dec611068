/** Demijohn with Redis or Valkey: what an application of several processes imports. */
export { redisLimits } from './defences/limits/redisClient.ts'
