// The actions for a package that passed the checks. Invariant: an update never widens what an operator has narrowed, unless the
// button says "Allow".

import { Button } from '@mantine/core'
import type { InspectAnswer, UploadQuery } from '../../../../../sdk/api/packages.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { ApiError } from '../../api/client.ts'
import { t } from '../../languages/text.ts'

export interface InstallButtonsProps {
  readonly report: InspectAnswer
  readonly installed: Installation | undefined
  /** The server's response to the last attempt, and what was attempted. */
  readonly refused: Error | null
  readonly tried: UploadQuery | undefined
  readonly busy: boolean
  readonly install: (choice: UploadQuery) => void
}

interface Offer {
  readonly label: string
  readonly choice: UploadQuery
}

export function InstallButtons({ report, installed, refused, tried, busy, install }: InstallButtonsProps) {
  const code = refused instanceof ApiError ? refused.document.code : undefined
  if (code === 'VERSION_EXISTS') return null
  const isOlder = code === 'DOWNGRADE'
  if (isOlder && tried !== undefined)
    return (
      <Button color="orange" loading={busy} onClick={() => install({ ...tried, downgrade: true })}>
        {t('Install the older version')}
      </Button>
    )
  const offers = offersFor(report, installed)
  const last = offers.length - 1
  return offers.map(({ label, choice }, index) => (
    <Button
      key={label}
      variant={index === last ? 'filled' : 'light'}
      {...(isOlder && { color: 'orange' })}
      loading={busy && index === last}
      disabled={busy && index !== last}
      onClick={() => install(isOlder ? { ...choice, downgrade: true } : choice)}
    >
      {label}
    </Button>
  ))
}

/** The primary one last, as usual in a dialog. */
export function offersFor(report: InspectAnswer, installed: Installation | undefined): readonly Offer[] {
  if (!installed)
    return [
      { label: t('Install only'), choice: { enable: false, grant: 'none' } },
      { label: t('Install and enable'), choice: { enable: true, grant: 'all' } },
    ]
  if (installed.sha256 === report.sha256)
    return installed.enabled ? [] : [{ label: t('Enable'), choice: { enable: true } }]
  if (Object.keys(report.permissions.added).length > 0 || report.access.added)
    return [
      { label: t('Update, decide later'), choice: {} },
      { label: t('Allow and update'), choice: { grant: 'all' } },
    ]
  if (installed.enabled) return [{ label: t('Update'), choice: {} }]
  return [
    { label: t('Update only'), choice: {} },
    { label: t('Update and enable'), choice: { enable: true } },
  ]
}
