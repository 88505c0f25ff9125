// What needs the operator's attention: a problem, warnings, or a release that awaits approval.

import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { command, putAccess, putGrants } from '../../api/plugins.ts'
import { pluginHref } from '../../app/addresses.ts'
import { Icon } from '../../components/icons.tsx'
import { Only } from '../../components/only.tsx'
import { ProblemAlert, ProblemList } from '../../components/problem-list.tsx'
import { t } from '../../languages/text.ts'
import { PermissionList } from '../permissions/permission-list.tsx'
import { EvidencePanel } from './evidence-panel.tsx'
import { ReplaceNotice } from './replace-notice.tsx'
import { stateWords } from './state-badge.tsx'

export function PluginNotices({ plugin }: { readonly plugin: Installation }) {
  return (
    <>
      {plugin.problem && <CurrentProblem plugin={plugin} problem={plugin.problem} />}
      {plugin.warnings.length > 0 && <ProblemList problems={plugin.warnings} kind="warning" />}
      {plugin.state === 'quarantined' && <EvidencePanel id={plugin.id} />}
      <ReplaceNotice plugin={plugin} />
      {plugin.candidate?.problem && <Waiting plugin={plugin} problem={plugin.candidate.problem} />}
      {needsApproval(plugin) && <Approval plugin={plugin} />}
    </>
  )
}

/** A release that waits for settings only goes live by itself. */
function needsApproval({ candidate, state }: Installation): boolean {
  if (candidate === null) return state === 'waiting-approval'
  return candidate.problem === null || Object.keys(candidate.added).length > 0
}

/** What it asks for is granted already: only the release is decided about. */
function Doubt({ plugin, problem }: CurrentProblemProps) {
  const approve = usePluginChange(() => putGrants(plugin.id, plugin.grants), {
    done: (after) => t('"{name}" runs version {version}', { name: after.name, version: after.version }),
  })
  return (
    <Stack gap="xs" role="alert">
      <ProblemAlert problem={problem} title={t('An update waits for your decision')} />
      {!needsApproval(plugin) && (
        <Only permission="plugins.manage">
          <Group gap="xs">
            <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
              {t('Run it all the same')}
            </Button>
          </Group>
        </Only>
      )}
    </Stack>
  )
}

function Waiting(props: CurrentProblemProps) {
  return props.problem.code === 'MIGRATION_MISPLACED' ? <Doubt {...props} /> : <Lack {...props} />
}

function Lack({ plugin, problem }: CurrentProblemProps) {
  return (
    <Stack gap="xs" role="alert">
      <ProblemAlert problem={problem} title={t('An update waits for settings')} />
      <Group gap="xs">
        <Button component="a" href={pluginHref(plugin.id, 'settings')} size="xs">
          {t('Open its settings')}
        </Button>
      </Group>
    </Stack>
  )
}

interface CurrentProblemProps {
  readonly plugin: Installation
  readonly problem: NonNullable<Installation['problem']>
}

function CurrentProblem({ plugin, problem }: CurrentProblemProps) {
  const retry = usePluginChange(() => command(plugin.id, 'retry'), {
    done: (after) => (after.problem ? null : t('"{name}" was started again', { name: after.name })),
  })
  const words = stateWords(plugin.state)
  return (
    <Stack gap="xs" role="alert">
      <ProblemAlert problem={problem} title={`${words.label}: ${words.sentence.toLowerCase()}`} />
      <Group gap="xs">
        {plugin.state === 'misconfigured' ? (
          <Button component="a" href={pluginHref(plugin.id, 'settings')} size="xs">
            {t('Open its settings')}
          </Button>
        ) : (
          plugin.enabled && (
            <Only permission="plugins.manage">
              <Button
                size="xs"
                leftSection={<Icon name="reload" size={14} />}
                loading={retry.isPending}
                onClick={() => retry.mutate()}
              >
                {t('Retry')}
              </Button>
            </Only>
          )
        )}
        <Button component="a" href={pluginHref(plugin.id, 'log')} size="xs" variant="default">
          {t('Show its log')}
        </Button>
      </Group>
    </Stack>
  )
}

function Approval({ plugin }: { readonly plugin: Installation }) {
  const { candidate, access, accessAsked } = plugin
  const opens = accessAsked === 'public' && access !== 'public'
  const approve = usePluginChange(
    async () => {
      const approved = await putGrants(plugin.id, plugin.permissions)
      return opens ? await putAccess(plugin.id, null) : approved
    },
    { done: (after) => t('"{name}" may do what it asks', { name: after.name }) },
  )
  const asked = candidate?.added ?? plugin.permissions
  return (
    <Alert
      color="violet"
      icon={<Icon name="info" />}
      title={
        candidate && plugin.version
          ? t('Version {version} asks for more', { version: candidate.version })
          : t('Waits for your decision')
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          {candidate && plugin.version
            ? t('Version {version} goes on serving until you decide. New in {candidate}:', {
                version: plugin.version,
                candidate: candidate.version,
              })
            : t('It does not run until its permissions are approved:')}
        </Text>
        <PermissionList permissions={asked} open={opens && 'asked'} />
        <Only permission="plugins.manage">
          <Group gap="xs">
            <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
              {t('Allow all it asks')}
            </Button>
            <Button size="xs" variant="default" component="a" href={pluginHref(plugin.id, 'permissions')}>
              {t('Choose…')}
            </Button>
          </Group>
        </Only>
      </Stack>
    </Alert>
  )
}
