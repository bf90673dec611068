/** Every page of an account for eyes and ears. */
import assert from 'node:assert/strict'
import { walkAccountPages } from './accountPages.ts'
import { deviceOf } from './authenticators.ts'
import { faultsOf } from './axe.ts'
import { journey, pressInProduction } from './production.ts'

const stage = pressInProduction()

journey(
  stage,
  'no page breaks a rule of accessibility, light and wide, dark and narrow',
  async ({ visit }) => {
    const page = await visit({ bypassCSP: true })
    const device = await deviceOf(page)
    const seen: string[] = []
    const faults: string[] = []
    await walkAccountPages(page, stage(), 'Annie', {
      device,
      look: async (name) => {
        seen.push(name)
        for (const fault of await faultsOf(page)) faults.push(`${name}: ${fault}`)
      },
    })
    assert.deepEqual(faults, [])
    assert.equal(new Set(seen).size, 26)
  },
)
