/** `npx demijohn`: what is done to an application from a terminal. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { DatabaseProblem } from '../data/problems.ts'
import type { Environment } from '../secrets/settings.ts'
import type { Project } from '../serve/application.ts'
import { bansCommand } from './bans/command.ts'
import { help, misunderstood } from './help.ts'
import { importCommand } from './import/command.ts'
import { keyCommand } from './key.ts'
import { keysCommand } from './keys/command.ts'
import { migrateCommand } from './migrate.ts'
import { openApiCommand } from './openapi.ts'
import { peopleCommand } from './people/command.ts'
import { routesCommand } from './routes.ts'

/** Runs one command; gives the exit code: 0 done, 1 refused or failed, 2 not understood (`import` has its own). */
export async function main(
  words: readonly string[],
  environment: Environment,
  folder: string = process.cwd(),
): Promise<number> {
  const [command, ...options] = words
  try {
    switch (command) {
      case 'routes':
        return routesCommand(await findProject(folder), options)
      case 'openapi':
        return openApiCommand(await findProject(folder), options)
      case 'migrate':
        return await migrateCommand(await findProject(folder), options, environment)
      case 'key':
        return keyCommand(options)
      case 'keys':
        return await keysCommand(() => findProject(folder), options, environment)
      case 'import':
        return await importCommand(() => findProject(folder), options, environment)
      case 'bans':
        return await bansCommand(() => findProject(folder), options, environment)
      case 'people':
        return await peopleCommand(() => findProject(folder), options, environment)
      case undefined:
      case 'help':
      case '--help':
      case '-h':
        process.stdout.write(help)
        return 0
      default:
        return misunderstood(`there is no command ${JSON.stringify(command)}`)
    }
  } catch (error) {
    if (!(error instanceof Misconfiguration) && !(error instanceof DatabaseProblem)) throw error
    process.stderr.write(`demijohn: ${error.message}\n`)
    return 1
  }
}

/** Imports the module that package.json names; its export is called `project`. */
async function findProject(folder: string): Promise<Project> {
  const manifest = join(folder, 'package.json')
  const named = projectPath(manifest)
  if (named === undefined) {
    throw new Misconfiguration([
      `${manifest} names no project; add "demijohn": { "project": "src/project.ts" }, or run this beside the one that does`,
    ])
  }
  const module: unknown = await import(pathToFileURL(resolve(folder, named)).href)
  if (!hasProject(module)) {
    throw new Misconfiguration([
      `${named} exports no project; export const project: Project = { … }`,
    ])
  }
  return module.project
}

function projectPath(manifest: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(manifest, 'utf8'))
  } catch (error) {
    throw new Misconfiguration([
      `${manifest} cannot be read (${error instanceof Error ? error.message : 'unknown'})`,
    ])
  }
  const section = property(parsed, 'demijohn')
  const path = property(section, 'project')
  return typeof path === 'string' ? path : undefined
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}

/** Whether it looks like one; `createApplication` checks the rest. */
function hasProject(module: unknown): module is { readonly project: Project } {
  return Array.isArray(property(property(module, 'project'), 'blueprints'))
}
