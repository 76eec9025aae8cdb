export { AppConfig, type AppConfigFields, loadConfig } from './app-config.js';
export { type BlobConfig, type S3Config } from './blob.config.js';
export { ConfigModule } from './config.module.js';
export { type DatabaseConfig } from './database.config.js';
export { type RawEnvironment } from './environment.schema.js';
export { type ModelConfig } from './model.config.js';
export { type LogLevel, PROCESS_NAMES, type ProcessName } from './process.config.js';
export { bareEnvironment, secretFile } from './secret-key.js';
export { type LimitsConfig } from './work.config.js';
