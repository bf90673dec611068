/**
 * The security log of commands: the lines of the site's own log, in a file beside the database.
 *
 * Stops a change from the command line that leaves no trace (ASVS 16.3.3): the line is written
 * before its transaction ends, and a change that cannot be logged is not made. So after a kill a
 * line may stand for a change that was taken back, never the other way round. Does not stop whoever
 * may write the file.
 */
import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs'
import { systemClock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import type { SecurityEvent } from '../watch/events.ts'
import { createLog, type EventFacts } from '../watch/log.ts'

export type CommandRecord = {
  readonly path: string
  /** Writes lines down; they are on the medium when it returns. */
  readonly events: (event: SecurityEvent, facts: readonly EventFacts[]) => void
  readonly close: () => void
}

/** Ids and codes, as everywhere in the log; the user of the machine by number. */
const actor = { actor: 'command line', uid: process.getuid?.() }

export function openRecord(databasePath: string): CommandRecord {
  const path = `${databasePath}.commands.log`
  const descriptor = openToAppend(path)
  // Of a descriptor, writeFileSync writes all that it is given, behind what is there.
  const stream = { write: (line: string) => writeFileSync(descriptor, line) }
  const log = createLog({ clock: systemClock, stream })
  return {
    path,
    events: (event, facts) =>
      explained(path, () => {
        for (const one of facts) log.event(event, { ...actor, ...one })
        fsyncSync(descriptor)
      }),
    close: () => closeSync(descriptor),
  }
}

function openToAppend(path: string): number {
  return explained(path, () => openSync(path, 'a', 0o600))
}

/** Throws Misconfiguration, which takes the transaction back that the line was to stand for. */
function explained<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new Misconfiguration([
      `${path} cannot be written (${code}), and nothing is changed without its line there. Correct its owner and mode, and the room on the medium.`,
    ])
  }
}
