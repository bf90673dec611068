/** A program whose project sends mail, to start in a process of its own. */

import { start } from '../../src/serve/start.ts'
import { noteProject } from '../../src/testing/projectFixture.ts'

await start({ ...noteProject().project, mail: { signature: 'Notes' } }, process.env)
