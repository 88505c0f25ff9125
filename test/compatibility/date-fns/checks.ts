// What date-fns says of a date, in every time zone.

import assert from 'node:assert/strict'
import type { Program } from '../program.ts'

export const program: Program = {
  packages: ['date-fns'],
  checks: {
    async 'dates are added, compared, parsed and told in several languages'({ fetch }) {
      const response = await fetch('/?date=2024-01-31')
      assert.deepEqual(await response.json(), {
        monthLater: '2024-02-29',
        workdaysLater: '2024-02-05',
        week: 5,
        days: 30,
        weeks: ['2024-01-29', '2024-02-05', '2024-02-12', '2024-02-19', '2024-02-26'],
        formats: ['Mittwoch, 31. Januar 2024', '2024年1月31日水曜日', 'الأربعاء، 31 يناير 2024'],
        ago: 'vor etwa 1 Jahr',
        duration: '1 year 2 months',
        parsed: '2024-02-29',
      })
      assert.equal((await fetch('/?date=2024-02-31')).status, 400)
    },
  },
}
