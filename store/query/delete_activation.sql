DELETE FROM activations WHERE tenant_id = @tenant_id AND activation_id = @activation_id
