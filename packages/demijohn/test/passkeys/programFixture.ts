/** The site of these tests as a process of its own. */
import { start } from '../../src/serve/start.ts'
import { project } from './projectFixture.ts'

await start(project, process.env)
