/** `npm start`. */
import { start } from 'demijohn'
import { project } from './project.ts'

await start(project, process.env)
