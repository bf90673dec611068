/**
 * `npm start`.
 *
 * What Node makes of the sources is kept beside the packages, so that a second start takes half the
 * time of the first; hence the imports below, which have to come after. The folder belongs to the
 * user who starts, as the sources do: whoever can write there can write here.
 */
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/node'))

const { start } = await import('demijohn')
const { project } = await import('./project.ts')

await start(project, process.env)
setTimeout(flushCompileCache, 1000).unref()
