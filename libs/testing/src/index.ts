export { FakeClaude } from './claude/fake-claude.js';
export type {
  FakeAnswer,
  FakeCall,
  FakeFailure,
  FakeScript,
  FakeTurn,
  MessagesRequest,
  RequestBlock,
} from './claude/messages-api.types.js';
