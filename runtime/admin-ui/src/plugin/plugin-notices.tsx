// What needs the operator's attention: a problem, warnings, or a release that awaits approval.

import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { usePluginChange } from '../api/mutations.ts'
import { command, putAccess, putGrants } from '../api/plugins.ts'
import { pluginHref } from '../app/router.ts'
import { Icon } from '../components/icons.tsx'
import { ProblemAlert, ProblemList } from '../components/problem-list.tsx'
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
    done: (after) => `"${after.name}" runs version ${after.version}`,
  })
  return (
    <Stack gap="xs" role="alert">
      <ProblemAlert problem={problem} title="An update waits for your decision" />
      {!needsApproval(plugin) && (
        <Group gap="xs">
          <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
            Run it all the same
          </Button>
        </Group>
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
      <ProblemAlert problem={problem} title="An update waits for settings" />
      <Group gap="xs">
        <Button component="a" href={pluginHref(plugin.id, 'settings')} size="xs">
          Open its settings
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
    done: (after) => (after.problem ? null : `"${after.name}" was started again`),
  })
  const words = stateWords(plugin.state)
  return (
    <Stack gap="xs" role="alert">
      <ProblemAlert problem={problem} title={`${words.label}: ${words.sentence.toLowerCase()}`} />
      <Group gap="xs">
        {plugin.state === 'misconfigured' ? (
          <Button component="a" href={pluginHref(plugin.id, 'settings')} size="xs">
            Open its settings
          </Button>
        ) : (
          plugin.enabled && (
            <Button
              size="xs"
              leftSection={<Icon name="reload" size={14} />}
              loading={retry.isPending}
              onClick={() => retry.mutate()}
            >
              Retry
            </Button>
          )
        )}
        <Button component="a" href={pluginHref(plugin.id, 'log')} size="xs" variant="default">
          Show its log
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
    { done: (after) => `"${after.name}" may do what it asks` },
  )
  const asked = candidate?.added ?? plugin.permissions
  return (
    <Alert
      color="violet"
      icon={<Icon name="info" />}
      title={
        candidate && plugin.version ? `Version ${candidate.version} asks for more` : 'Waits for your decision'
      }
    >
      <Stack gap="sm">
        <Text size="sm">
          {candidate && plugin.version
            ? `Version ${plugin.version} goes on serving until you decide. New in ${candidate.version}:`
            : 'It does not run until its permissions are approved:'}
        </Text>
        <PermissionList permissions={asked} open={opens && 'asked'} />
        <Group gap="xs">
          <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
            Allow all it asks
          </Button>
          <Button size="xs" variant="default" component="a" href={pluginHref(plugin.id, 'permissions')}>
            Choose…
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
