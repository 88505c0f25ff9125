// The review of one package before it is installed: its identity, its permissions, its problems.

import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { useMediaQuery, useWindowEvent } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { InspectAnswer } from '../../../../../sdk/api/packages.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { useLive } from '../../api/live.ts'
import { pluginsQuery } from '../../api/plugins.ts'
import type { OfferedPackage } from '../../api/upload.ts'
import { go, pluginHref } from '../../app/addresses.ts'
import { showSuccess, showWarning } from '../../components/notify.ts'
import { plural, t } from '../../languages/text.ts'
import { stateWords } from '../plugin/state-badge.tsx'
import { InstallButtons } from './install-buttons.tsx'
import { summarise } from './manifest-summary.ts'
import { BadPackage, GoodPackage, Refusal } from './review-parts.tsx'
import { usePackageReview } from './use-package-review.ts'

export interface ReviewDialogProps {
  readonly offered: OfferedPackage
  /** Number of packages waiting. */
  readonly waiting: number
  readonly close: () => void
}

export function ReviewDialog({ offered, waiting, close }: ReviewDialogProps) {
  const narrow = useMediaQuery('(max-width: 40em)') ?? false
  const review = usePackageReview(offered, (plugin) => {
    sayInstalled(plugin)
    close()
    go(pluginHref(plugin.id))
  })
  // The page below is another one then.
  useWindowEvent('popstate', close)
  const installed = useInstalled(review.report)
  return (
    <Modal
      opened
      onClose={close}
      closeOnClickOutside={review.busy === null}
      size="lg"
      fullScreen={narrow}
      title={<Text fw={600}>{titleOf(review.busy, installed)}</Text>}
      closeButtonProps={{ 'aria-label': t('Cancel') }}
    >
      <Stack gap="lg" aria-busy={review.busy !== null}>
        {review.busy && <Sending name={offered.name} busy={review.busy} progress={review.progress} />}
        {review.error && <Refusal error={review.error} />}
        {review.report?.ok === false && <BadPackage report={review.report} fileName={offered.name} />}
        {review.report?.ok && <GoodPackage report={review.report} installed={installed} />}
        {waiting > 0 && (
          <Text size="sm" c="dimmed">
            {plural('One more file waits.', '{count} more files wait.', { count: waiting })}
          </Text>
        )}
        <Group justify="flex-end" className="review-buttons">
          <Button variant="default" onClick={close}>
            {review.report?.ok ? t('Cancel') : t('Close')}
          </Button>
          {review.report?.ok && (
            <InstallButtons
              report={review.report}
              installed={installed}
              tried={review.tried}
              refused={review.error}
              busy={review.busy === 'installing'}
              install={review.install}
            />
          )}
        </Group>
      </Stack>
    </Modal>
  )
}

interface SendingProps {
  readonly name: string
  readonly busy: 'checking' | 'installing'
  readonly progress: number
}

function Sending({ name, busy, progress }: SendingProps) {
  const sent = progress >= 1
  const values = { file: name }
  const words = busy === 'checking' ? t('Checking "{file}"…', values) : t('Installing "{file}"…', values)
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {sent ? words : t('Sending "{file}"…', values)}
      </Text>
      <Progress value={sent ? 100 : progress * 100} animated={sent} aria-label={words} />
    </Stack>
  )
}

function useInstalled(report: InspectAnswer | undefined): Installation | undefined {
  const plugins = useQuery(pluginsQuery(useLive()))
  const { id } = summarise(report?.manifest)
  return id === null ? undefined : plugins.data?.find((plugin) => plugin.id === id)
}

function titleOf(busy: PackageBusy, installed: Installation | undefined): string {
  if (busy === 'checking') return t('Checking the package')
  return installed ? t('Update "{name}"', { name: installed.name }) : t('Install a plugin')
}

type PackageBusy = 'checking' | 'installing' | null

function sayInstalled(plugin: Installation): void {
  const version = plugin.candidate?.version ?? plugin.version
  const sentence = t('"{name}" {version} is installed: {state}', {
    name: plugin.name,
    version: version ?? '',
    state: stateWords(plugin.state).label.toLowerCase(),
  })
  if (plugin.problem === null) showSuccess(sentence)
  else showWarning(sentence, [plugin.problem])
}
