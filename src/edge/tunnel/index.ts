export { TunnelModule } from './tunnel.module.js';
